import type { JobResult } from '../model/event.ts';
import type { DeferredJob, PlannedJob } from '../model/plan.ts';
import type { Json, Template } from '../model/workflow.ts';
import { everyJob } from '../plan/every-job.ts';
import { expandDeferred } from '../plan/plan-workflow.ts';
import { withActionsAround } from './action/around.ts';
import { JobStop } from './cancel.ts';
import { takeTurn } from './concurrency.ts';
import { jobContexts } from './contexts.ts';
import { type End, endOfError } from './ending.ts';
import { passedOver } from './job-choice.ts';
import { type Cell, type Group, groupsOf } from './job-groups.ts';
import { jobsStatus, needsContext, needsStatus } from './needs.ts';
import { takeOverJob } from './rerun/take-over.ts';
import { type CallPlace, type CellEnd, type PlanResults, runCall } from './run-call.ts';
import { runJob } from './run-job.ts';
import type { RunScene, Span } from './scene.ts';

/**
 * Runs the jobs of a plan as their needs allow, and resolves to a result for each, in the order of the plan; those behind
 * a call come before it. Nothing it started is still going when it settles. Rejects only when the run's events cannot be
 * written any more.
 */
export async function runPlan(run: RunScene): Promise<readonly JobResult[]> {
  return (await runJobs(run)).all;
}

async function runJobs(run: RunScene): Promise<PlanResults> {
  return await new PlanRun(run).run();
}

type Needs = { readonly [job: string]: Json };

class PlanRun {
  readonly #run: RunScene;
  readonly #groups: readonly Group[];
  readonly #needs: ReadonlyMap<string, readonly string[]>;
  readonly #results = new Map<string, readonly JobResult[]>();
  /** With the jobs behind calls. */
  readonly #all = new Map<string, readonly JobResult[]>();

  constructor(run: RunScene) {
    this.#run = run;
    this.#groups = groupsOf(run.plan.jobs);
    this.#needs = new Map(this.#groups.map((group) => [group.jobId, group.needs]));
  }

  async run(): Promise<PlanResults> {
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
    const all = this.#groups.flatMap(({ jobId }) => this.#all.get(jobId) ?? []);
    return { all, byId: this.#results };
  }

  async #group(group: Group): Promise<void> {
    const needs = needsContext(group.needs, this.#results);
    const cells = 'kind' in group.work ? await this.#expand(group.work, needs) : group.work;
    const ends = 'result' in cells ? [cells] : await this.#cells(group, cells, needs);
    this.#results.set(
      group.jobId,
      ends.map(({ result }) => result),
    );
    this.#all.set(
      group.jobId,
      ends.flatMap(({ result, inside }) => [...inside, result]),
    );
  }

  /** The cells of a deferred job, or its result when it comes to none. */
  async #expand(deferred: DeferredJob, needs: Needs): Promise<readonly Cell[] | CellEnd> {
    const { id, jobId, job } = deferred;
    const passed = this.#passes({ needs: deferred.needs, condition: job.condition }, { needs }, this.#run.stop);
    if (passed !== undefined) {
      return await this.#tellPassed(id, jobId, passed);
    }
    const { jobs, problems } = expandDeferred(deferred, this.#run.plan, needs);
    if (problems.length === 0) {
      return jobs;
    }
    await this.#run.report.problems({ job: id }, problems);
    const detail = problems[0]?.message ?? 'its matrix could not be expanded';
    return await this.#tellPassed(id, jobId, { outcome: 'failure', reason: 'expression', detail });
  }

  /** Runs the cells of a matrix, or the one job: at most `max-parallel` at once, the rest called off by `fail-fast`. */
  async #cells(group: Group, cells: readonly Cell[], needs: Needs): Promise<CellEnd[]> {
    const stops = cells.map((cell) => new JobStop(this.#deadline(cell), this.#run.stop));
    const results: (CellEnd | undefined)[] = [];
    const waiting = [...cells.entries()];
    const worker = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [at, job] = next;
        const stop = stops[at] ?? this.#run.stop;
        const end = await this.#cell(job, this.#span(group, at, cells.length), needs, stop);
        results[at] = end;
        const { result } = end;
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

  /** Milliseconds a cell has once it was told to stop; of a call its jobs' own count. */
  #deadline(cell: Cell): number {
    const { cancelDeadline } = this.#run.services;
    const jobs = cell.kind === 'job' ? [cell] : everyJob(cell.plan);
    return Math.max(...jobs.map((job) => (job.kind === 'job' && job.cancelTimeout) || cancelDeadline));
  }

  /** The part of the queue that one cell of a group takes. */
  #span({ index }: Group, at: number, cells: number): Span {
    const { from, size } = this.#run.span;
    const share = size / this.#groups.length;
    return { from: from + share * (index + at / cells), size: share / cells };
  }

  async #cell(job: Cell, span: Span, needs: Needs, stop: JobStop): Promise<CellEnd> {
    const taken = job.kind === 'job' ? await this.#taken(job, needs) : undefined;
    if (taken !== undefined) {
      return taken;
    }
    const contexts = jobContexts({ run: this.#run, job, needs });
    const passed = this.#passes(job, contexts, stop);
    if (passed !== undefined) {
      return await this.#tellPassed(job.id, job.jobId, passed, job);
    }
    const turn = await takeTurn(this.#run, { concurrency: job.concurrency, contexts, job: job.id, stop });
    if (turn.kind === 'none') {
      return await this.#tellPassed(job.id, job.jobId, turn.end, job);
    }
    try {
      return await this.#start(job, { run: { ...this.#run, groups: turn.groups }, span, needs, stop });
    } finally {
      await turn.leave();
    }
  }

  async #start(job: Cell, { run: own, span, needs, stop }: CallPlace): Promise<CellEnd> {
    if (job.kind === 'job') {
      return { result: await runJob(job, { run: own, index: span.from, needs, stop }), inside: [] };
    }
    const { earlier, ...fresh } = own;
    const run = earlier === undefined || this.#changed(job.needs) ? fresh : own;
    return await runCall(job, { run, span, needs, stop }, runJobs);
  }

  /** The result of a job that need not run again. */
  async #taken(job: PlannedJob, needs: Needs): Promise<CellEnd | undefined> {
    const { earlier } = this.#run;
    const done = this.#changed(job.needs)
      ? undefined
      : earlier?.done(this.#run, withActionsAround(job, this.#run), needs);
    if (earlier === undefined || done === undefined) {
      return undefined;
    }
    try {
      return { result: await takeOverJob(this.#run, earlier, done), inside: [] };
    } catch (error) {
      return await this.#tellPassed(job.id, job.jobId, endOfError(error, undefined), job);
    }
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
    const ofJobs = (ids: readonly string[]) => jobsStatus(ids, needs, this.#results);
    const ends = { ...needsStatus(needs, this.#results, this.#needs), ofJobs };
    return passedOver({ condition, ends, contexts: { ...this.#run.plan.contexts, ...contexts }, stop });
  }

  /** A job that did not run has an end and no start. */
  async #tellPassed(id: string, jobId: string, end: End, job?: Cell): Promise<CellEnd> {
    const ending = { ...end, conclusion: end.outcome, outputs: {} };
    await this.#run.report.write({ type: 'job-end', job: id, ...ending });
    const cell = job?.matrix === undefined ? {} : { matrix: job.matrix };
    return { result: { ...ending, id, jobId, steps: [], ...cell }, inside: [] };
  }
}
