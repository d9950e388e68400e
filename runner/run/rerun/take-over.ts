import type { JobResult } from '../../model/event.ts';
import type { SavedArtifact } from '../../model/lease.ts';
import type { JobScene, RunScene } from '../scene.ts';
import { isAround } from '../work.ts';
import type { EarlierRun, EarlierSteps } from './earlier-run.ts';
import type { EarlierArtifact, KeptJob } from './kept.ts';
import { remember } from './memory.ts';

/** What a job took over and has to tell once it has begun. */
export interface TakenOver {
  readonly from: EarlierSteps;
  readonly artifacts: readonly (SavedArtifact & { readonly step?: string })[];
}

/**
 * Makes a job stand where an earlier run of it stood behind `from`'s steps. Its `pre` scripts must be known by then.
 * Rejects for an artifact that cannot be brought.
 */
export async function takeOver(scene: JobScene, earlier: EarlierRun, from: EarlierSteps): Promise<TakenOver> {
  const { run, job, steps } = from;
  for (const { id, ran, result, exports, disk, memory } of steps) {
    const kept = memory === undefined ? {} : { memory };
    scene.ended.set(id, { result: { ...result, recorded: run }, exports, ...kept });
    if (disk !== undefined) {
      scene.disks.had(id, disk, disk.files);
    } else if (ran) {
      scene.disks.gone(id);
    }
  }
  const memory = steps.at(-1)?.memory;
  if (memory !== undefined) {
    remember(scene, memory);
  }
  for (const [at, hit] of steps.length > 0 ? job.caches : []) {
    scene.caches.set(at, Promise.resolve(hit));
  }
  for (const text of steps.length > 0 ? job.masks : []) {
    scene.report.masks.addBounded(text);
  }
  const ids = new Set(steps.map(({ id }) => id));
  return { from, artifacts: await bringArtifacts(scene.run, earlier.artifacts(job.id, ids)) };
}

/** Tells the ends that were taken over. */
export async function tellTakenOver({ job, report }: JobScene, { from, artifacts }: TakenOver): Promise<void> {
  const { run: recorded, notice, steps } = from;
  if (notice !== undefined) {
    await report.notice({ job: job.id, step: notice.step }, notice.text);
  }
  for (const artifact of artifacts) {
    await report.write({ type: 'artifact', job: job.id, ...artifact, recorded });
  }
  for (const { id, result } of steps) {
    const step = job.steps.find((each) => each.id === id);
    if (step === undefined || !isAround(step.work) || result.outcome !== 'skipped') {
      const { id: _, ...end } = result;
      await report.write({ type: 'step-end', job: job.id, step: id, ...end, recorded });
    }
  }
}

/** The result of a job that need not run again, told. Rejects for an artifact that cannot be brought. */
export async function takeOverJob(run: RunScene, earlier: EarlierRun, was: KeptJob): Promise<JobResult> {
  const recorded = earlier.id;
  for (const artifact of await bringArtifacts(run, earlier.artifacts(was.id))) {
    await run.report.write({ type: 'artifact', job: was.id, ...artifact, recorded });
  }
  const { id, jobId: _, steps: __, matrix: ___, ...end } = was.result;
  await run.report.write({ type: 'job-end', job: id, ...end, recorded });
  const result = { ...was.result, recorded };
  run.kept.push({ ...was, result });
  return result;
}

async function bringArtifacts(run: RunScene, artifacts: readonly EarlierArtifact[]): Promise<TakenOver['artifacts']> {
  const brought: TakenOver['artifacts'][number][] = [];
  for (const { name, step, open } of artifacts) {
    brought.push({ ...(await run.artifacts.save(name, open())), ...(step === undefined ? {} : { step }) });
  }
  return brought;
}
