import test from 'ava';
import { openImage } from '../../../runner/image/open.ts';
import { sandboxBackend } from '../../../runner/vm/sandbox/backend.ts';
import type { SandboxVm } from '../../../runner/vm/sandbox/machine.ts';
import { contractSuite } from '../contract.ts';

const backend = sandboxBackend();
const probe = await backend.probe();
const memory = probe.usable ? probe.limits?.memory : undefined;

contractSuite(test, {
  name: 'sandbox',
  backend,
  image: () => openImage('busybox'),
  mountRefused: true,
  kill: (machine) => process.kill((machine as SandboxVm).pid ?? 0, 'SIGKILL'),
  // Root on a host of ours has its limits; whoever may write no control group is told that it has none.
  ...(memory?.bound === false && process.getuid?.() !== 0 ? { lacks: { limits: memory.reason } } : {}),
});
