import test from 'ava';
import { openImage } from '../../../runner/image/open.ts';
import { qemuBackend } from '../../../runner/vm/qemu/backend.ts';
import { QemuVm } from '../../../runner/vm/qemu/machine.ts';
import { contractSuite } from '../contract.ts';

contractSuite(test, {
  name: 'qemu',
  backend: qemuBackend({ accel: 'tcg' }),
  image: () => openImage('busybox'),
  kill: (machine) => {
    if (machine instanceof QemuVm && machine.pid !== undefined) {
      process.kill(machine.pid, 'SIGKILL');
    }
  },
  // Without acceleration, and beside other tests, a boot may take many times its three seconds.
  bootDeadline: 120_000,
});
