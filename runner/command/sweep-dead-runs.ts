import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { attempt } from '../host/attempt.ts';
import { sweepCgroups } from '../host/cgroup.ts';
import { scratchFolder } from '../host/paths.ts';
import type { RunStore } from '../store/store.ts';
import { killRun } from './kill-run.ts';
import { removeIfEmpty } from './remove-if-empty.ts';

/**
 * Removes what runs left whose process is gone: processes, cgroups, folders for sockets and disks. Runs that live are
 * left alone, and so are the disks that `--keep-failed` kept. Fails with a `HostFault`.
 */
export async function sweepDeadRuns(store: RunStore): Promise<void> {
  const lost = store.list().filter((run) => run.state === 'lost');
  const dead = new Set(lost.map((run) => run.id));
  for (const name of await scratchNames()) {
    if (!store.lives(name)) {
      dead.add(name);
    }
  }
  for (const run of dead) {
    killRun(run);
    await sweepCgroups(run);
    await removeFolders([join(scratchFolder(), run), join(store.folderOf(run), 'disks')]);
  }
  await removeIfEmpty(scratchFolder());
}

async function scratchNames(): Promise<readonly string[]> {
  return await attempt(`look into ${scratchFolder()}`, () =>
    readdir(scratchFolder()).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') {
        return [];
      }
      throw error;
    }),
  );
}

async function removeFolders(folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    await attempt(`remove ${folder}`, () => rm(folder, { recursive: true, force: true }));
  }
}
