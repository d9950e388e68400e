import { link, mkdir } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { attempt } from '../../host/attempt.ts';
import type { KeptDisk, KeptRun, KeptStep } from '../../run/rerun/kept.ts';

/**
 * Makes what is kept of a run, in its folder `from`, another run's own in `to`, so that both may be removed at any time.
 * Files are shared, and lie to each other as they did. What is gone meanwhile is left out.
 */
export async function bringKept(kept: KeptRun, from: string, to: string): Promise<KeptRun> {
  const bring = bringer(from, to);
  const sources = new Map<string, string>();
  for (const [request, file] of kept.sources) {
    const brought = await bring(file);
    if (brought !== undefined) {
      sources.set(request, brought);
    }
  }
  const jobs: KeptRun['jobs'][number][] = [];
  for (const job of kept.jobs) {
    const steps: KeptStep[] = [];
    for (const { disk, ...step } of job.steps) {
      const brought = disk === undefined ? undefined : await broughtDisk(disk, bring);
      steps.push({ ...step, ...(brought === undefined ? {} : { disk: brought }) });
    }
    jobs.push({ ...job, steps });
  }
  return { ...kept, sources, jobs };
}

type Bring = (file: string) => Promise<string | undefined>;

async function broughtDisk(kept: KeptDisk, bring: Bring): Promise<KeptDisk | undefined> {
  const files: string[] = [];
  for (const file of kept.files) {
    const brought = await bring(file);
    if (brought === undefined) {
      return undefined;
    }
    files.push(brought);
  }
  const path = await bring(kept.disk.path);
  return path === undefined ? undefined : { ...kept, files, disk: { ...kept.disk, path } };
}

/** Links a file once; its new path, or `undefined` where it is gone. */
function bringer(from: string, to: string): Bring {
  const known = new Map<string, Promise<string | undefined>>();
  const once = async (file: string) => {
    const target = join(to, relative(from, file));
    return await attempt(`take over ${file}`, async () => {
      await mkdir(dirname(target), { recursive: true, mode: 0o700 });
      try {
        await link(file, target);
        return target;
      } catch (error) {
        // Gone, or on a file system that does not share files: what it was for is done again.
        if (['ENOENT', 'EPERM', 'ENOTSUP', 'EMLINK'].includes((error as NodeJS.ErrnoException).code ?? '')) {
          return undefined;
        }
        throw error;
      }
    });
  };
  return (file) => {
    const found = known.get(file) ?? once(file);
    known.set(file, found);
    return found;
  };
}
