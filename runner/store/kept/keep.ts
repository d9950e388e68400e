import { rm } from 'node:fs/promises';
import { attempt } from '../../host/attempt.ts';
import type { KeptRun } from '../../run/rerun/kept.ts';
import { type KeptFile, writeKept } from './file.ts';
import { bytesOf, disksOf, filesBelow } from './room.ts';

/** What was kept of a run, or why nothing was. */
export type Keeping =
  | { readonly kept: true; readonly files: ReadonlySet<string> }
  | { readonly kept: false; readonly bytes: number };

/**
 * Keeps a run in its folder for a rerun: all its disks where they take at most `limit` bytes, else those that its failed
 * steps start from, else nothing. Disks that end with this process are not among them.
 */
export async function keepRun(
  folder: string,
  file: KeptFile,
  secrets: ReadonlyMap<string, string>,
  limit: number,
): Promise<Keeping> {
  const lasting = withDisks(file.run, ({ disk }) => disk.format !== 'holder');
  let bytes = 0;
  for (const run of [lasting, withDisks(lasting, ({ needed }) => needed)]) {
    const files = filesOf(run);
    bytes = await bytesOf(files);
    if (bytes <= limit) {
      await writeKept(folder, { ...file, run }, secrets);
      return { kept: true, files };
    }
  }
  return { kept: false, bytes };
}

/** Removes the files of a run's disks but those that were kept, and the folder when none was. */
export async function removeOthers(folder: string, files: ReadonlySet<string>): Promise<void> {
  const disks = disksOf(folder);
  const gone = files.size === 0 ? [disks] : (await filesBelow(disks)).filter((file) => !files.has(file));
  for (const path of gone) {
    await attempt(`remove ${path}`, () => rm(path, { recursive: true, force: true }));
  }
}

type Disk = NonNullable<KeptRun['jobs'][number]['steps'][number]['disk']>;

function withDisks(run: KeptRun, fits: (disk: Disk) => boolean): KeptRun {
  const jobs = run.jobs.map((job) => ({
    ...job,
    steps: job.steps.map(({ disk, ...step }) => ({ ...step, ...(disk !== undefined && fits(disk) ? { disk } : {}) })),
  }));
  return { ...run, jobs };
}

function filesOf({ jobs, sources }: KeptRun): ReadonlySet<string> {
  const disks = jobs.flatMap(({ steps }) => steps.flatMap(({ disk }) => disk?.files ?? []));
  return new Set([...disks, ...sources.values()]);
}
