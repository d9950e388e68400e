import type { JobResult } from '../../model/event.ts';
import type { PlannedStep } from '../../model/plan.ts';
import { jobContexts } from '../contexts.ts';
import type { JobScene, StepRecord } from '../scene.ts';
import { digestsOf, type JobDigests } from './digest.ts';
import type { KeptDisk, KeptJob, KeptStep } from './kept.ts';

/** What a job that has ended leaves for a later run. Its machines are gone. */
export async function keptJob(scene: JobScene, result: JobResult): Promise<KeptJob> {
  const { job, run, ended, caches, report } = scene;
  const digests = digestsOf(job, run.plan.env, jobContexts(scene));
  const done = result.conclusion === 'success';
  const found = done ? [] : await Promise.all([...caches].map(async ([at, hit]) => [at, await hit] as const));
  return {
    id: job.id,
    digest: digests.job,
    result,
    steps: done ? [] : [...ended.values()].map((record) => keptStep(scene, record, digests)),
    caches: new Map(found),
    masks: done ? [] : report.masks.added,
  };
}

function keptStep(scene: JobScene, record: StepRecord, digests: JobDigests): KeptStep {
  const { result, exports, memory } = record;
  const disk = keptDisk(scene, record);
  const on = scene.disks.own(result.id)?.disk.path;
  return {
    id: result.id,
    digest: digests.steps.get(result.id) ?? '',
    ran: scene.disks.knows(result.id),
    result,
    exports,
    ...(on === undefined ? {} : { on }),
    ...(disk === undefined ? {} : { disk }),
    ...(memory === undefined ? {} : { memory }),
  };
}

/** What a step that failed left is of no use to a rerun; whoever wants to see it asks for it. */
function keptDisk({ disks, job, ended, run }: JobScene, record: StepRecord): KeptDisk | undefined {
  const own = disks.own(record.result.id);
  if (own === undefined || (failed(record) && !run.services.keepFailed)) {
    return undefined;
  }
  const again = job.steps.filter(({ id }) => failed(ended.get(id)));
  const starts = (step: PlannedStep) => disks.before(step.id)?.disk.path === own.disk.path;
  return { ...own, files: disks.filesOf(own.disk), needed: again.some(starts) };
}

function failed(record: StepRecord | undefined): boolean {
  return record?.result.conclusion === 'failure' || record?.result.conclusion === 'cancelled';
}
