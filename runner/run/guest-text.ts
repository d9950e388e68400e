import { posix } from 'node:path';
import { GuestRefusal } from '../guest/copy.ts';
import type { MicroVm } from '../model/machine.ts';
import { entriesOf, readSmallFiles } from './tar.ts';

/** Bytes of a small file of the workspace that is read on the host. */
const largest = 1024 ** 2;

/** The text of a file in a machine; `undefined` where there is none, or none up to 1 MiB. */
export async function guestText(vm: MicroVm, path: string, signal: AbortSignal): Promise<string | undefined> {
  return await unlessMissing(async () => {
    const [bytes] = (await readSmallFiles(await vm.copyOut(path, signal), { bytes: largest, entries: 1 })).values();
    return bytes?.toString();
  });
}

/** Whether a machine has a file of this name, whatever its size. */
export async function guestHasFile(vm: MicroVm, path: string, signal: AbortSignal): Promise<boolean> {
  const found = await unlessMissing(async () => {
    for await (const { entry } of entriesOf(await vm.copyOut(path, signal, { namesOnly: true }))) {
      // A folder's own entries are named below it.
      return entry.header.type === 'file' && entry.header.name === posix.basename(path);
    }
    return false;
  });
  return found === true;
}

async function unlessMissing<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof GuestRefusal) {
      return undefined;
    }
    throw error;
  }
}
