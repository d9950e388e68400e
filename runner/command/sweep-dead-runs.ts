import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { attempt } from '../host/attempt.ts';
import { scratchFolder } from '../host/paths.ts';
import { forgetKept, isKept } from '../store/kept/file.ts';
import { disksOf, dropKept } from '../store/kept/room.ts';
import type { RunStore } from '../store/store.ts';
import { sweepMachines } from '../vm/sweep.ts';
import { removeIfEmpty } from './remove-if-empty.ts';

/**
 * Removes what runs left whose process is gone: processes, control groups, mounts, loop devices, folders for sockets and
 * disks; says on stderr what there was. Runs that live are left alone, and so is what is kept of runs that failed.
 * Fails with a `HostFault`.
 */
export async function sweepDeadRuns(store: RunStore): Promise<void> {
  const lost = new Set(store.list().flatMap(({ id, state }) => (state === 'lost' ? [id] : [])));
  const left = (await scratchNames()).filter((name) => !store.lives(name));
  for (const run of new Set([...lost, ...left])) {
    const folders = [join(scratchFolder(), run)];
    if (lost.has(run)) {
      // Before its disks: what is kept is whole or not there.
      await forgetKept(store.folderOf(run));
      folders.push(disksOf(store.folderOf(run)));
    }
    const swept: string[] = [];
    for (const folder of folders) {
      swept.push(...(await sweepMachines(run, folder)));
    }
    if (swept.length > 0) {
      process.stderr.write(`lightv: the run ${run} was killed; removed what it left: ${swept.join(', ')}\n`);
    }
  }
  await removeForgottenDisks(store);
  await removeIfEmpty(scratchFolder());
}

/** Disks of a run that has ended, whose process was killed before it had removed them. */
async function removeForgottenDisks(store: RunStore): Promise<void> {
  for (const { id } of store.list().filter(({ endedAt }) => endedAt !== undefined)) {
    const folder = store.folderOf(id);
    if (existsSync(disksOf(folder)) && !store.lives(id) && (await isKept(folder)) === undefined) {
      await dropKept(folder);
    }
  }
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
