import type { DeferredJob, PlanBounds, PlanContexts, PlannedCall, PlannedJob } from '../model/plan.ts';
import type { Problem } from '../model/problem.ts';
import type { Job } from '../model/workflow.ts';

/** Where jobs are planned: in the file that a run is about, or in a workflow that one of its jobs calls. */
export interface PlanPlace {
  readonly contexts: PlanContexts;
  readonly bounds: PlanBounds;
  /** Names in lower case of the inputs whose values hang on outputs of jobs: nobody knows them before those have ended. */
  readonly late: ReadonlySet<string>;
  /** Id of the call that the jobs are part of. */
  readonly within?: string;
  readonly room: JobRoom;
}

/** What planning jobs gives: those that are as they should be. */
export interface Planned<J> {
  readonly jobs: readonly J[];
  readonly problems: readonly Problem[];
}

/** Plans the jobs of one file, in their order. Handed down, since a job that calls a workflow plans that one's jobs. */
export type PlanJobs = (jobs: readonly Job[], place: PlanPlace) => Planned<PlannedJob | PlannedCall | DeferredJob>;

/** Jobs one run may have. GitHub bounds a matrix; matrices of calls within calls multiply. */
const mostJobs = 4096;

/** Counts the jobs of a run, so that workflows that call each other many times over are refused before they fill the memory. */
export class JobRoom {
  #left = mostJobs;

  /** Whether there is room for `count` jobs more; it is taken then. */
  take(count: number): boolean {
    this.#left -= count;
    return this.#left >= 0;
  }

  /** The problem of the job that found no room; others after it say nothing new. */
  problem(job: Job): Problem {
    const message = `the run would have more than ${mostJobs} jobs, those of called workflows among them`;
    return { message, place: job.place };
  }
}

/** The id of a job in its plan: behind the call it is part of. */
export function idWithin(within: string | undefined, id: string): string {
  return within === undefined ? id : `${within} / ${id}`;
}
