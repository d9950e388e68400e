import { GuestRefusal } from '../guest/copy.ts';
import type { MicroVm } from '../model/machine.ts';
import { readSmallFiles } from './tar.ts';

/** Bytes of a small file of the workspace that is read on the host. */
const largest = 1024 ** 2;

/** The text of a file in a machine; `undefined` where there is none, or none up to 1 MiB. */
export async function guestText(vm: MicroVm, path: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const [bytes] = (await readSmallFiles(await vm.copyOut(path, signal), { bytes: largest, entries: 1 })).values();
    return bytes?.toString();
  } catch (error) {
    if (error instanceof GuestRefusal) {
      return undefined;
    }
    throw error;
  }
}
