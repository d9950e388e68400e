import type { DeferredJob, PlannedCall, PlannedJob } from '../model/plan.ts';
import type { Problem } from '../model/problem.ts';
import type { Job } from '../model/workflow.ts';
import { hangsOnOutputs } from './deferred.ts';
import { planJob } from './job.ts';
import { idWithin, type Planned, type PlanPlace } from './place.ts';

/** Plans jobs in the order given; those that hang on what other jobs will say are left for the run. */
export function planJobs(jobs: readonly Job[], place: PlanPlace): Planned<PlannedJob | PlannedCall | DeferredJob> {
  const problems: Problem[] = [];
  const planned = jobs.flatMap((job): readonly (PlannedJob | PlannedCall | DeferredJob)[] => {
    if (hangsOnOutputs(job, place.late)) {
      return [deferred(job, place)];
    }
    const result = planJob(job, place, {}, planJobs);
    problems.push(...result.problems);
    return result.jobs;
  });
  return { jobs: planned, problems };
}

function deferred(job: Job, { bounds, within }: PlanPlace): DeferredJob {
  return {
    kind: 'deferred',
    id: idWithin(within, job.id),
    jobId: job.id,
    needs: job.needs.map((need) => need.id),
    job,
    ...(within === undefined ? {} : { within }),
    bounds,
  };
}
