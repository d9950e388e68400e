import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { HostFault } from '../../host/fault.ts';

/** Names of the loop devices on `file`; the kernel tells nobody when one goes, so it is looked for. */
function loopDevices(file: string): readonly string[] {
  return readdirSync('/sys/block').filter((name) => name.startsWith('loop') && backing(name) === file);
}

/** Resolves once no loop device holds `file`: its last bytes are in it then. A `HostFault` after 10 s. */
export async function detached(file: string): Promise<void> {
  const until = Date.now() + 10_000;
  while (loopDevices(file).length > 0) {
    if (Date.now() > until) {
      throw new HostFault(`give back the disk ${file}`, `${loopDevices(file).join(', ')} still holds it`);
    }
    await delay(3);
  }
}

function backing(name: string): string | undefined {
  try {
    return readFileSync(`/sys/block/${name}/loop/backing_file`, 'utf8').trimEnd();
  } catch (error) {
    // A device without a file has no such folder, and one that is going loses it under the read.
    if (['ENOENT', 'ENXIO', 'ENODEV'].includes((error as NodeJS.ErrnoException).code ?? '')) {
      return undefined;
    }
    throw error;
  }
}
