import test from 'ava';
import { openImage } from '../../../runner/image/open.ts';
import { sandboxBackend } from '../../../runner/vm/sandbox/backend.ts';
import type { SandboxVm } from '../../../runner/vm/sandbox/machine.ts';
import { contractSuite } from '../contract.ts';

contractSuite(test, {
  name: 'sandbox',
  backend: sandboxBackend(),
  image: () => openImage('busybox'),
  mountRefused: true,
  kill: (machine) => process.kill((machine as SandboxVm).pid ?? 0, 'SIGKILL'),
});
