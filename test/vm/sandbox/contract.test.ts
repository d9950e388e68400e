import test from 'ava';
import { ownUserSpaces } from '../../../runner/host/own-user-space.ts';
import { openImage } from '../../../runner/image/open.ts';
import type { MicroVm } from '../../../runner/model/machine.ts';
import { sandboxBackend } from '../../../runner/vm/sandbox/backend.ts';
import type { SandboxVm } from '../../../runner/vm/sandbox/machine.ts';
import { contractSuite } from '../contract.ts';

const backend = sandboxBackend();
const probe = await backend.probe();
const memory = probe.usable ? probe.limits?.memory : undefined;

const asRoot = process.getuid?.() === 0;
const ids = asRoot ? undefined : (await ownUserSpaces()).ids;

const kind = {
  image: () => openImage('busybox'),
  mountRefused: true,
  kill: (machine: MicroVm) => process.kill((machine as SandboxVm).pid ?? 0, 'SIGKILL'),
  // Root on a host of ours has its limits; whoever may write no control group is told that it has none.
  lacks: {
    ...(memory?.bound === false && !asRoot ? { limits: memory.reason } : {}),
    ...(ids?.many === false ? { users: ids.reason } : {}),
  },
};

contractSuite(test, { ...kind, name: 'sandbox', backend });

if (!asRoot) {
  contractSuite(test, { ...kind, name: 'sandbox with a copy', backend: sandboxBackend({ copies: true }) });
}
