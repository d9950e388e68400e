import { rmdir } from 'node:fs/promises';
import { HostFault } from '../host/fault.ts';

/** Removes a folder that nobody uses; one that is not empty or not there is left as it is. */
export async function removeIfEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) {
      throw new HostFault(`remove ${folder}`, error);
    }
  }
}
