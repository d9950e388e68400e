import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { attempt } from '../host/attempt.ts';
import { scratchFolder } from '../host/paths.ts';
import type { RunStore } from '../store/store.ts';
import { sweepMachines } from '../vm/sweep.ts';
import { removeIfEmpty } from './remove-if-empty.ts';

/**
 * Removes what runs left whose process is gone: processes, control groups, mounts, loop devices, folders for sockets and
 * disks; says on stderr what there was. Runs that live are left alone, and so are the disks that `--keep-failed` kept.
 * Fails with a `HostFault`.
 */
export async function sweepDeadRuns(store: RunStore): Promise<void> {
  const lost = store.list().filter((run) => run.state === 'lost');
  const left = (await scratchNames()).filter((name) => !store.lives(name));
  for (const run of new Set([...lost.map(({ id }) => id), ...left])) {
    const folders = [join(scratchFolder(), run), join(store.folderOf(run), 'disks')];
    const swept: string[] = [];
    for (const folder of folders) {
      swept.push(...(await sweepMachines(run, folder)));
    }
    if (swept.length > 0) {
      process.stderr.write(`lightv: the run ${run} was killed; removed what it left: ${swept.join(', ')}\n`);
    }
  }
  await removeIfEmpty(scratchFolder());
}

/** Folders named like runs; whatever else is there belongs to somebody who is at work. */
async function scratchNames(): Promise<readonly string[]> {
  return await attempt(`look into ${scratchFolder()}`, async () => {
    const names = await readdir(scratchFolder()).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') {
        return [];
      }
      throw error;
    });
    return names.filter((name) => /^[0-9a-z]{9}$/.test(name));
  });
}
