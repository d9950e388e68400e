import { WrongInput } from '../host/fault.ts';
import type { DeferredJob, Plan, PlannedCall, PlannedJob } from '../model/plan.ts';
import type { KeptJob, KeptRun } from '../run/rerun/kept.ts';

/** Which step of a run that failed is to be looked at. */
export interface Wanted {
  readonly job?: string;
  readonly step?: string;
}

/** A job and a step of it that failed, by their ids. */
export interface FailedStep {
  readonly job: string;
  readonly step: string;
}

/** The step that is wanted: of the one job that failed, the step that failed. Throws a `WrongInput` where that is no one. */
export function failedStep(kept: KeptRun, { job: name, step: id }: Wanted): FailedStep {
  const failed = kept.jobs.filter(({ result }) => isBad(result.conclusion));
  const jobs = name === undefined ? failed : failed.filter((job) => job.id === name);
  const [job, ...others] = jobs;
  if (job === undefined || others.length > 0) {
    const ids = failed.map((each) => each.id).join(', ');
    const message =
      job === undefined
        ? `no job "${name ?? ''}" failed in run ${kept.run}; there are ${ids}`
        : `several jobs failed in run ${kept.run}; --job names one of ${ids}`;
    throw new WrongInput([{ message }]);
  }
  return { job: job.id, step: stepOf(job, id) };
}

function stepOf(job: KeptJob, id: string | undefined): string {
  const found = job.steps.find(({ id: one, result }) => (id === undefined ? isBad(result.conclusion) : one === id));
  if (found !== undefined) {
    return found.id;
  }
  const ids = job.steps.map((step) => step.id).join(', ');
  const message =
    id === undefined ? `no step of job ${job.id} failed` : `job ${job.id} has no step "${id}"; there are ${ids}`;
  throw new WrongInput([{ message }]);
}

function isBad(conclusion: string): boolean {
  return conclusion === 'failure' || conclusion === 'cancelled';
}

/** The name by which a job's id in its plan selects it: without the cells that it and its callers are. */
export function selectingName(id: string): string {
  return id
    .split(' / ')
    .map((part) => part.replace(/ \(.*\)$/s, ''))
    .join(' / ');
}

/** The plan without other cells of the job, and of the jobs that call it. */
export function onlyCell(plan: Plan, id: string): Plan {
  return { ...plan, jobs: cells(plan.jobs, id) };
}

type AnyJob = PlannedJob | PlannedCall | DeferredJob;

function cells(jobs: readonly AnyJob[], id: string): readonly AnyJob[] {
  const wanted = jobs.find((job) => id === job.id || id.startsWith(`${job.id} / `));
  return jobs.flatMap((job): readonly AnyJob[] => {
    if (job.jobId !== wanted?.jobId) {
      return [job];
    }
    if (job !== wanted) {
      return [];
    }
    return [job.kind === 'call' ? { ...job, plan: { ...job.plan, jobs: cells(job.plan.jobs, id) } } : job];
  });
}
