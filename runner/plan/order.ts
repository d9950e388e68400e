import type { Job } from '../model/workflow.ts';

/**
 * Jobs so that each comes after its needs, ties in the order given. Needs that are not among `jobs` count as met; what
 * is left when a cycle stops the ordering is `stuck`.
 */
export function orderJobs(jobs: readonly Job[]): { ordered: Job[]; stuck: Job[] } {
  const ordered: Job[] = [];
  const open = new Set(jobs.map((job) => job.id));
  let rest = [...jobs];
  for (;;) {
    const next = rest.find((job) => !job.needs.some((need) => open.has(need.id)));
    if (next === undefined) {
      return { ordered, stuck: rest };
    }
    ordered.push(next);
    open.delete(next.id);
    rest = rest.filter((job) => job !== next);
  }
}
