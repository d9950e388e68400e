import { GuestRefusal } from '../guest/copy.ts';
import type { MicroVm } from '../model/machine.ts';

/** Whether a folder is there, at an absolute path or where links lead from it. */
export async function folderIsThere(vm: MicroVm, path: string, signal: AbortSignal): Promise<boolean> {
  try {
    // Nothing of it is asked for.
    for await (const _ of await vm.copyOut(path, signal, { only: [] })) {
    }
    return true;
  } catch (error) {
    if (error instanceof GuestRefusal) {
      return false;
    }
    throw error;
  }
}
