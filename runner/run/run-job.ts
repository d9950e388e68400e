import { WrongInput } from '../host/fault.ts';
import type { JobResult } from '../model/event.ts';
import type { PlannedJob } from '../model/plan.ts';
import type { Json, StepWork } from '../model/workflow.ts';
import { withActionsAround } from './action/around.ts';
import { isDoneHere } from './action/done-here.ts';
import { fetchActions } from './action/fetch-actions.ts';
import { nodeTools } from './action/node.ts';
import { Background } from './background.ts';
import type { JobStop } from './cancel.ts';
import { closeJob, type LastMachine } from './closing.ts';
import { openContainer } from './container/job-containers.ts';
import { sharedContainers } from './container/machine-kind.ts';
import { jobContexts } from './contexts.ts';
import { JobDisks } from './disks.ts';
import { jobTitle } from './display-name.ts';
import { type End, endOfError, problemsOf } from './ending.ts';
import { insideOf } from './inside.ts';
import { JobClock } from './job-clock.ts';
import { endOfJob, jobOutputs, tellJobEnd } from './job-end.ts';
import { environmentName } from './job-environment.ts';
import { JobMatchers } from './job-matchers.ts';
import { JobServing } from './job-serving.ts';
import { JobSteps } from './job-steps.ts';
import { keptJob } from './rerun/keep-job.ts';
import { type TakenOver, takeOver, tellTakenOver } from './rerun/take-over.ts';
import type { JobScene, RunScene } from './scene.ts';
import { ServiceMachines } from './service-machine/service-machines.ts';
import { StepGraph } from './step-graph.ts';

/** Where a job stands in its run. */
export interface JobPlace {
  readonly run: RunScene;
  /** Its position in the run's order. */
  readonly index: number;
  /** The `needs` context. */
  readonly needs: { readonly [job: string]: Json };
  readonly stop: JobStop;
}

/**
 * Runs a job whose condition holds: its steps as their needs allow, then what is due at its end. Its machines are gone
 * when it resolves. Rejects only when the run's events cannot be written any more.
 */
export async function runJob(job: PlannedJob, place: JobPlace): Promise<JobResult> {
  return await new JobRun(withActionsAround(job, place.run), place).run();
}

class JobRun {
  #scene: JobScene;
  #beginning: Promise<void> | undefined;
  /** What went wrong after the steps, or with a machine's end. */
  #late: End | undefined;
  #taken: TakenOver | undefined;
  #environment: string | undefined;

  constructor(job: PlannedJob, { run, index, needs, stop }: JobPlace) {
    const graph = new StepGraph(job.steps);
    const disks = new JobDisks(graph);
    const number = run.disks.push(disks) - 1;
    this.#scene = {
      run,
      job,
      index,
      number,
      graph,
      report: run.report.withOwnMasks(),
      stop,
      disks,
      needs,
      ended: new Map(),
      caches: new Map(),
      matchers: new JobMatchers(insideOf({ run, job }).workspace),
      actions: new Map(),
      background: new Background(),
      clock: new JobClock(job.timeout, stop, run.services.now),
      begunActions: new Map(),
      trees: new Map(),
      states: new Map(),
      serving: new JobServing(),
      tools: nodeTools(job, (work) => isDoneHere(run, work)),
      begin: () => this.#begin(),
    };
  }

  async run(): Promise<JobResult> {
    try {
      const ready = await this.#prepare();
      const scene = this.#scene;
      if (!ready) {
        return await tellJobEnd(scene, this.#late ?? endOfJob(scene), {}, 0);
      }
      const hooks = {
        close: (up: LastMachine | undefined) => this.#close(up),
        wentWrong: (error: unknown) => this.#wentWrong(error),
      };
      await new JobSteps(scene, hooks).run();
      await this.#endServices();
      await this.#begin();
      const { end, outputs } = await this.#conclude();
      await this.#keepFailed();
      const result = await tellJobEnd(scene, end, outputs, scene.clock.took);
      if (scene.run.services.keep !== undefined) {
        scene.run.kept.push(await keptJob(scene, result));
      }
      return result;
    } finally {
      this.#scene.clock.end();
      this.#scene.stop.close();
      // Where events cannot be written any more: else they have ended by now.
      await this.#scene.services?.stop().catch(() => {});
      // What cannot be removed is told when the run clears up.
      await this.#scene.serving.close().catch(() => {});
    }
  }

  /** Whether the actions of the job could be had, and what it goes on from; without them no step is begun. */
  async #prepare(): Promise<boolean> {
    const { job, run, stop } = this.#scene;
    const fetching = { fetch: run.services.actions, doneHere: (work: StepWork) => isDoneHere(run, work) };
    try {
      this.#environment = environmentName(this.#scene);
      this.#scene.serving.open(this.#scene, this.#environment);
      if (job.container !== undefined) {
        this.#scene = { ...this.#scene, container: openContainer(this.#scene, job.container) };
      }
      for (const [step, tree] of await fetchActions(job.steps, fetching, stop.asked.signal)) {
        this.#scene.trees.set(step, tree);
      }
      const problems = sharedContainers(this.#scene);
      if (problems.length > 0) {
        throw new WrongInput(problems);
      }
      const from = await run.earlier?.steps(this.#scene);
      if (run.earlier !== undefined && from !== undefined) {
        this.#taken = await takeOver(this.#scene, run.earlier, from);
      }
      if (job.services.length > 0) {
        const services = await ServiceMachines.start(this.#scene, stop.asked.signal);
        this.#scene = { ...this.#scene, services };
      }
      return true;
    } catch (error) {
      await this.#begin();
      await this.#wentWrong(error);
      return false;
    }
  }

  async #endServices(): Promise<void> {
    try {
      await this.#scene.services?.stop();
    } catch (error) {
      await this.#wentWrong(error);
    }
  }

  /** The job begins when its first machine is there: waiting in the queue is not its time. */
  #begin(): Promise<void> {
    this.#beginning ??= this.#tellStart();
    return this.#beginning;
  }

  async #tellStart(): Promise<void> {
    const { job, report, run, clock } = this.#scene;
    const { permissions } = job;
    clock.start();
    await report.write({
      type: 'job-start',
      job: job.id,
      name: jobTitle(job, run, jobContexts(this.#scene)),
      ...(permissions === undefined ? {} : { permissions }),
      ...(this.#environment === undefined ? {} : { environment: this.#environment }),
    });
    if (this.#taken !== undefined) {
      await tellTakenOver(this.#scene, this.#taken);
    }
  }

  /** A job's own artifacts and caches, while the last machine may still be up. */
  async #close(up: LastMachine | undefined): Promise<void> {
    try {
      await closeJob(this.#scene, endOfJob(this.#scene).outcome, up);
    } catch (error) {
      await this.#wentWrong(error);
    }
  }

  async #wentWrong(error: unknown): Promise<void> {
    const { report, job, stop } = this.#scene;
    await report.problems({ job: job.id }, problemsOf(error));
    this.#late ??= endOfError(error, stop.now.why);
  }

  async #conclude(): Promise<{ end: End; outputs: Record<string, string> }> {
    const end = endOfJob(this.#scene);
    const final = end.outcome === 'success' || this.#late?.reason === 'host-fault' ? (this.#late ?? end) : end;
    try {
      return { end: final, outputs: await jobOutputs(this.#scene) };
    } catch (error) {
      await this.#wentWrong(error);
      return { end: final.outcome === 'success' ? (this.#late ?? final) : final, outputs: {} };
    }
  }

  /** Disks go with the run; those of failed steps may stay, and are named. */
  async #keepFailed(): Promise<void> {
    const { run, job, disks, ended, report } = this.#scene;
    for (const step of run.services.keepFailed ? job.steps : []) {
      const path = ended.get(step.id)?.result.outcome === 'failure' ? disks.keep(step.id) : undefined;
      if (path !== undefined) {
        await report.notice({ job: job.id, step: step.id }, `the disk of the failed step is kept: ${path}`);
      }
    }
  }
}
