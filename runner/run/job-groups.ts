import type { DeferredJob, PlannedCall, PlannedJob } from '../model/plan.ts';

/** A job as it runs, or a call of a workflow: a cell of a matrix, or the only one. */
export type Cell = PlannedJob | PlannedCall;

/** The jobs of one id in the file: its cells, or what will become them. */
export interface Group {
  readonly jobId: string;
  /** Its position among the groups. */
  readonly index: number;
  /** Ids of groups. */
  readonly needs: readonly string[];
  readonly work: readonly Cell[] | DeferredJob;
}

/** The jobs of a plan by their ids in the file, in the order of the plan. */
export function groupsOf(jobs: readonly (Cell | DeferredJob)[]): Group[] {
  const groups = new Map<string, Group>();
  for (const job of jobs) {
    const found = groups.get(job.jobId);
    const cells = found !== undefined && !('kind' in found.work) ? found.work : [];
    const work = job.kind === 'deferred' ? job : [...cells, job];
    groups.set(job.jobId, { jobId: job.jobId, index: found?.index ?? groups.size, needs: job.needs, work });
  }
  return [...groups.values()];
}
