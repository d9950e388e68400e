import type { JobResult } from '../model/event.ts';
import type { DeferredJob, PlannedJob } from '../model/plan.ts';
import type { Json, Template } from '../model/workflow.ts';
import { expandDeferred } from '../plan/plan-workflow.ts';
import { withActionsAround } from './action/around.ts';
import { JobStop } from './cancel.ts';
import { jobContexts } from './contexts.ts';
import { type End, endOfError } from './ending.ts';
import { passedOver } from './job-choice.ts';
import { type Group, groupsOf } from './job-groups.ts';
import { needsContext, needsStatus } from './needs.ts';
import { takeOverJob } from './rerun/take-over.ts';
import { runJob } from './run-job.ts';
import type { RunScene } from './scene.ts';

/**
 * Runs the jobs of a plan as their needs allow, and resolves to a result for each, in the order of the plan. Nothing it
 * started is still going when it settles. Rejects only when the run's events cannot be written any more.
 */
export async function runPlan(run: RunScene): Promise<JobResult[]> {
  return await new PlanRun(run).run();
}

type Needs = { readonly [job: string]: Json };

class PlanRun {
  readonly #run: RunScene;
  readonly #groups: readonly Group[];
  readonly #needs: ReadonlyMap<string, readonly string[]>;
  readonly #results = new Map<string, readonly JobResult[]>();

  constructor(run: RunScene) {
    this.#run = run;
    this.#groups = groupsOf(run.plan.jobs);
    this.#needs = new Map(this.#groups.map((group) => [group.jobId, group.needs]));
  }

  async run(): Promise<JobResult[]> {
    const running = new Map<string, Promise<void>>();
    for (const group of this.#groups) {
      const before = group.needs.map((need) => running.get(need));
      running.set(
        group.jobId,
        Promise.all(before).then(() => this.#group(group)),
      );
    }
    for (const end of await Promise.allSettled(running.values())) {
      if (end.status === 'rejected') {
        throw end.reason;
      }
    }
    return this.#groups.flatMap((group) => this.#results.get(group.jobId) ?? []);
  }

  async #group(group: Group): Promise<void> {
    const needs = needsContext(group.needs, this.#results);
    const cells = 'kind' in group.work ? await this.#expand(group.work, needs) : group.work;
    this.#results.set(
      group.jobId,
      Array.isArray(cells) ? await this.#cells(group, cells, needs) : [cells as JobResult],
    );
  }

  /** The cells of a deferred job, or its result when it comes to none. */
  async #expand(deferred: DeferredJob, needs: Needs): Promise<readonly PlannedJob[] | JobResult> {
    const { jobId, job } = deferred;
    const passed = this.#passes({ needs: deferred.needs, condition: job.condition }, { needs }, this.#run.stop);
    if (passed !== undefined) {
      return await this.#tellPassed(jobId, jobId, passed);
    }
    const { jobs, problems } = expandDeferred(deferred, this.#run.plan, needs);
    if (problems.length === 0) {
      return jobs;
    }
    await this.#run.report.problems({ job: jobId }, problems);
    const detail = problems[0]?.message ?? 'its matrix could not be expanded';
    return await this.#tellPassed(jobId, jobId, { outcome: 'failure', reason: 'expression', detail });
  }

  /** Runs the cells of a matrix, or the one job: at most `max-parallel` at once, the rest called off by `fail-fast`. */
  async #cells({ index }: Group, cells: readonly PlannedJob[], needs: Needs): Promise<JobResult[]> {
    const { cancelDeadline } = this.#run.services;
    const stops = cells.map(({ cancelTimeout = cancelDeadline }) => new JobStop(cancelTimeout, this.#run.stop));
    const results: (JobResult | undefined)[] = [];
    const waiting = [...cells.entries()];
    const worker = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [at, job] = next;
        const stop = stops[at] ?? this.#run.stop;
        const result = await this.#cell(job, index + at / cells.length, needs, stop);
        results[at] = result;
        if (job.strategy.failFast && cells.length > 1 && result.conclusion === 'failure') {
          const why = { reason: 'fail-fast', detail: `${result.id} failed, and fail-fast is on` } as const;
          stops.filter((_, other) => results[other] === undefined).forEach((other) => void other.ask(why));
        }
      }
    };
    const workers = Math.min(cells.length, cells[0]?.strategy.maxParallel ?? cells.length);
    const ends = await Promise.allSettled(Array.from({ length: workers }, worker));
    for (const stop of stops) {
      stop.close();
    }
    for (const end of ends) {
      if (end.status === 'rejected') {
        throw end.reason;
      }
    }
    return results.flatMap((result) => result ?? []);
  }

  async #cell(job: PlannedJob, index: number, needs: Needs, stop: JobStop): Promise<JobResult> {
    const { earlier } = this.#run;
    const done = this.#changed(job.needs)
      ? undefined
      : earlier?.done(this.#run, withActionsAround(job, this.#run), needs);
    if (earlier !== undefined && done !== undefined) {
      return await takeOverJob(this.#run, earlier, done).catch((error: unknown) =>
        this.#tellPassed(job.id, job.jobId, endOfError(error, undefined), job),
      );
    }
    const contexts = jobContexts({ run: this.#run, job, needs });
    const passed = this.#passes(job, contexts, stop);
    if (passed !== undefined) {
      return await this.#tellPassed(job.id, job.jobId, passed, job);
    }
    return await runJob(job, { run: this.#run, index, needs, stop });
  }

  /** Whether a job of these was run, or passed over, in this run. */
  #changed(needs: readonly string[]): boolean {
    return needs.some((need) => this.#results.get(need)?.some(({ recorded }) => recorded === undefined));
  }

  /** How a job ends that does not run; `undefined` when it runs. */
  #passes(
    { needs, condition }: { readonly needs: readonly string[]; readonly condition?: Template | undefined },
    contexts: { readonly [name: string]: Json },
    stop: JobStop,
  ): End | undefined {
    const ends = needsStatus(needs, this.#results, this.#needs);
    return passedOver({ condition, ends, contexts: { ...this.#run.plan.contexts, ...contexts }, stop });
  }

  /** A job that did not run has an end and no start. */
  async #tellPassed(id: string, jobId: string, end: End, job?: PlannedJob): Promise<JobResult> {
    const ending = { ...end, conclusion: end.outcome, outputs: {} };
    await this.#run.report.write({ type: 'job-end', job: id, ...ending });
    return { ...ending, id, jobId, steps: [], ...(job?.matrix === undefined ? {} : { matrix: job.matrix }) };
  }
}
