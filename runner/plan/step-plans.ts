import type { PlanBounds, PlannedStep } from '../model/plan.ts';
import type { Job } from '../model/workflow.ts';
import { stepTexts } from './deferred.ts';
import type { Setting } from './resolve.ts';
import { type JobWishes, planStep } from './step.ts';

/** The steps of a job's cells, planned once where they come out alike: a matrix may have hundreds of cells. */
export class StepPlans {
  readonly #job: Job;
  readonly #bounds: PlanBounds;
  readonly #planned = new Map<string, readonly PlannedStep[]>();
  /** No expression of a step is evaluated for the plan, so only what the job wishes makes a difference. */
  readonly #alike: boolean;

  constructor(job: Job, bounds: PlanBounds) {
    this.#job = job;
    this.#bounds = bounds;
    this.#alike = job.steps.every((step) => stepTexts(step).length === 0);
  }

  of(wishes: JobWishes, setting: Setting): readonly PlannedStep[] {
    const key = this.#alike ? JSON.stringify(wishes) : undefined;
    const found = key === undefined ? undefined : this.#planned.get(key);
    const steps = found ?? this.#job.steps.map((step) => planStep(step, this.#job, wishes, this.#bounds, setting));
    if (key !== undefined) {
      this.#planned.set(key, steps);
    }
    return steps;
  }
}
