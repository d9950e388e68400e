import { ExpressionError } from '../expression/error.ts';
import { evaluateCondition } from '../expression/evaluate.ts';
import type { Scope } from '../expression/scope.ts';
import type { JobResult } from '../model/event.ts';
import type { DeferredJob, PlannedJob } from '../model/plan.ts';
import type { Json, Template } from '../model/workflow.ts';
import { expandDeferred } from '../plan/plan-workflow.ts';
import { JobStop } from './cancel.ts';
import { jobContexts } from './contexts.ts';
import type { End } from './ending.ts';
import { needsContext, needsStatus } from './needs.ts';
import { runJob } from './run-job.ts';
import type { RunScene } from './scene.ts';

/**
 * Runs the jobs of a plan as their needs allow, and resolves to a result for each, in the order of the plan. Nothing it
 * started is still going when it settles. Rejects only when the run's events cannot be written any more.
 */
export async function runPlan(run: RunScene): Promise<JobResult[]> {
  return await new PlanRun(run).run();
}

/** The jobs of one id in the file: its cells, or what will become them. */
interface Group {
  readonly jobId: string;
  readonly index: number;
  readonly needs: readonly string[];
  readonly work: readonly PlannedJob[] | DeferredJob;
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
    const passed = this.#passes(
      { id: jobId, needs: deferred.needs, condition: job.condition },
      { needs },
      this.#run.stop,
    );
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
    const stops = cells.map(() => new JobStop(this.#run.services.cancelDeadline, this.#run.stop));
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
    const contexts = jobContexts({ run: this.#run, job, needs });
    const passed = this.#passes(job, contexts, stop);
    if (passed !== undefined) {
      return await this.#tellPassed(job.id, job.jobId, passed, job);
    }
    return await runJob(job, { run: this.#run, index, needs, stop });
  }

  /** How a job ends that does not run; `undefined` when it runs. */
  #passes(
    { needs, condition }: { id: string; needs: readonly string[]; condition?: Template | undefined },
    contexts: { [name: string]: Json },
    stop: JobStop,
  ): End | undefined {
    const why = stop.now.why ?? (stop.asked.why?.reason === 'fail-fast' ? stop.asked.why : undefined);
    if (why !== undefined) {
      return { outcome: 'cancelled', reason: why.reason, detail: why.detail };
    }
    const ends = needsStatus(needs, this.#results, this.#needs);
    const status = { ...ends, success: ends.success && !stop.cancelled, cancelled: stop.cancelled };
    const scope: Scope = { contexts: { ...this.#run.plan.contexts, ...contexts }, status };
    try {
      if (evaluateCondition(condition, scope)) {
        return undefined;
      }
    } catch (error) {
      if (!(error instanceof ExpressionError)) {
        throw error;
      }
      return { outcome: 'failure', reason: 'expression', detail: error.message };
    }
    if (stop.asked.why !== undefined) {
      return { outcome: 'cancelled', reason: stop.asked.why.reason, detail: stop.asked.why.detail };
    }
    return { outcome: 'skipped', reason: ends.success ? 'condition' : 'needs' };
  }

  /** A job that did not run has an end and no start. */
  async #tellPassed(id: string, jobId: string, end: End, job?: PlannedJob): Promise<JobResult> {
    const ending = { ...end, conclusion: end.outcome, outputs: {} };
    await this.#run.report.write({ type: 'job-end', job: id, ...ending });
    return { ...ending, id, jobId, steps: [], ...(job?.matrix === undefined ? {} : { matrix: job.matrix }) };
  }
}

function groupsOf(jobs: readonly (PlannedJob | DeferredJob)[]): Group[] {
  const groups = new Map<string, Group>();
  for (const job of jobs) {
    const found = groups.get(job.jobId);
    const cells = found !== undefined && !('kind' in found.work) ? found.work : [];
    const work = job.kind === 'deferred' ? job : [...cells, job];
    groups.set(job.jobId, { jobId: job.jobId, index: found?.index ?? groups.size, needs: job.needs, work });
  }
  return [...groups.values()];
}
