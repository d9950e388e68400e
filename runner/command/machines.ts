import type { ChooseMachine, VmBackend } from '../model/machine.ts';
import { HostFault } from '../host/fault.ts';
import { qemuBackend } from '../vm/qemu/backend.ts';

/** Every way of making machines, strongest first. */
export function backends(): readonly VmBackend[] {
  return [qemuBackend()];
}

export function machines(): ChooseMachine {
  return async () => {
    throw new HostFault('choose a machine');
  };
}
