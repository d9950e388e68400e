import type { ChooseMachine, VmBackend } from '../model/machine.ts';
import { qemuBackend } from '../vm/qemu/backend.ts';
import { sandboxBackend } from '../vm/sandbox/backend.ts';
import { machineChooser } from '../vm/select.ts';

/** Every way of making machines, strongest first. */
export function backends(): readonly VmBackend[] {
  return [qemuBackend(), sandboxBackend()];
}

/** Chooses among them by what they can do here; each is probed once, when it is first asked for. */
export function machines(): ChooseMachine {
  return machineChooser(backends());
}
