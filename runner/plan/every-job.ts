import type { DeferredJob, Plan, PlannedCall, PlannedJob } from '../model/plan.ts';
import type { Job } from '../model/workflow.ts';

/** The jobs of a plan, and behind each call those of the workflow it calls. */
export function everyJob({ jobs }: Pick<Plan, 'jobs'>): (PlannedJob | PlannedCall | DeferredJob)[] {
  return jobs.flatMap((job) => (job.kind === 'call' ? [job, ...everyJob(job.plan)] : [job]));
}

/** Commits of the repositories that a plan's called workflows are of, by `owner/repo@ref`. */
export function calledCommits(plan: Pick<Plan, 'jobs'>): Map<string, string> {
  const calls = everyJob(plan).flatMap((job) => {
    const inside = job.kind === 'deferred' ? [...everyJobCalled([job.job])].map(({ call }) => call) : [];
    return job.kind === 'call' ? [job.call] : inside;
  });
  const origins = calls.flatMap((call) => call?.workflow?.origin ?? []);
  return new Map(origins.map(({ repository, ref, sha }) => [`${repository}@${ref}`, sha]));
}

/** The jobs of a file and of the workflows that it calls, each once. */
export function everyJobCalled(jobs: readonly Job[], seen = new Set<Job>()): ReadonlySet<Job> {
  for (const job of jobs) {
    if (!seen.has(job)) {
      seen.add(job);
      everyJobCalled(job.call?.workflow?.jobs ?? [], seen);
    }
  }
  return seen;
}
