import { checkRoom } from '../host/room.ts';
import type { StepResult } from '../model/event.ts';
import type { PlannedStep } from '../model/plan.ts';
import type { LastMachine } from './closing.ts';
import { stepMayFail } from './condition.ts';
import { concluded } from './continue-on-error.ts';
import type { HeldMachine } from './held-machine.ts';
import { inheritorOf } from './leftovers.ts';
import { memoryOf } from './rerun/memory.ts';
import { runControl } from './run-control.ts';
import { runStep, type StepRun } from './run-step.ts';
import { type JobScene, noExports } from './scene.ts';
import { SharedMachine } from './shared-machine.ts';
import { showFailed } from './shown-machine.ts';
import { chooseStep, readySteps } from './step-choice.ts';
import { isAround, isControl } from './work.ts';

/** What the job does about its steps. */
export interface JobHooks {
  /** All steps have ended; `up` is the last one's machine while it is there. */
  readonly close: (up: LastMachine | undefined) => Promise<void>;
  /** A machine did not end as it should. */
  readonly wentWrong: (error: unknown) => Promise<void>;
}

interface EndedStep {
  readonly step: PlannedStep;
  /** With its machine, unless others share that. */
  readonly ran: StepRun;
}

/** The steps of one job that have not ended yet, run as their needs allow. */
export class JobSteps {
  readonly #scene: JobScene;
  readonly #hooks: JobHooks;
  readonly #begun: Set<string>;
  /** By the first of the steps that share it. */
  readonly #shared = new Map<string, SharedMachine>();

  constructor(scene: JobScene, hooks: JobHooks) {
    this.#scene = scene;
    this.#hooks = hooks;
    this.#begun = new Set(scene.ended.keys());
    this.#begun.forEach((id) => void scene.background.tellEnd(id));
  }

  /** Resolves when all have ended and their machines are gone. Rejects only when events cannot be written any more. */
  async run(): Promise<void> {
    await this.#goOn(undefined);
  }

  /** Starts what can start now, and whatever that leads to. `last`: the step that just ended, with its machine. */
  async #goOn(last: EndedStep | undefined): Promise<void> {
    const scene = this.#scene;
    const { next, passed } = this.#decide();
    const up = last === undefined ? undefined : await this.#freed(last);
    const heir = last === undefined || up === undefined ? undefined : await inheritorOf(scene, up, last.ran, next);
    for (const step of last === undefined ? passed : [last.step, ...passed]) {
      await this.#tellEnd(step);
    }
    if (scene.ended.size === scene.job.steps.length) {
      await this.#hooks.close(up);
    }
    if (up !== undefined && heir === undefined) {
      await this.#give(up.held);
    }
    const ends = await Promise.allSettled(next.map((step) => this.#step(step, step === heir ? up?.held : undefined)));
    for (const end of ends) {
      if (end.status === 'rejected') {
        throw end.reason;
      }
    }
  }

  /** The steps to start, claimed, and those that ended without running. No awaiting: nothing changes meanwhile. */
  #decide(): { next: PlannedStep[]; passed: PlannedStep[] } {
    const scene = this.#scene;
    const [next, passed]: [PlannedStep[], PlannedStep[]] = [[], []];
    for (;;) {
      const ready = readySteps(scene, this.#begun, scene.job.machine === 'kept');
      if (ready.length === 0) {
        return { next, passed };
      }
      for (const step of ready) {
        this.#begun.add(step.id);
        const choice = chooseStep(scene, step);
        if (choice.run) {
          next.push(step);
          continue;
        }
        passed.push(step);
        // What did not begin is not forgiven.
        const ending = concluded(choice.end, () => false);
        scene.ended.set(step.id, { result: { id: step.id, ...ending, outputs: {} }, exports: noExports });
      }
    }
  }

  async #step(step: PlannedStep, inherited: HeldMachine | undefined): Promise<void> {
    try {
      const ran = await this.#run(step, inherited);
      await this.#goOn({ step, ran });
    } finally {
      this.#scene.background.tellEnd(step.id);
    }
  }

  async #run(step: PlannedStep, inherited: HeldMachine | undefined): Promise<StepRun> {
    const scene = this.#scene;
    const shared = this.#sharedBy(step, inherited);
    const ran = isControl(step.work)
      ? await runControl(scene, step, step.work, shared?.arrival)
      : await runStep(scene, step, shared === undefined ? { inherited } : { shared });
    if (ran.reason === 'guest-lost' && ran.held !== undefined) {
      await shared?.lost(ran.held);
    }
    const { words, artifacts, held: _, last: __, startedAt, ...end } = ran;
    const result: StepResult = {
      id: step.id,
      ...concluded(end, () => stepMayFail(scene, step)),
      outputs: words.outputs,
      durationMs: scene.run.services.now().getTime() - startedAt,
      ...(words.summary === undefined ? {} : { summary: words.summary }),
    };
    await showFailed(scene, step, ran, result);
    const memory = scene.run.services.keep === undefined ? undefined : memoryOf(scene);
    scene.ended.set(step.id, {
      result,
      exports: { env: words.env, paths: words.paths, artifacts },
      ...(memory === undefined ? {} : { memory }),
    });
    return ran;
  }

  #sharedBy(step: PlannedStep, inherited: HeldMachine | undefined): SharedMachine | undefined {
    const [first] = this.#scene.graph.companions(step.id);
    if (first === undefined) {
      return undefined;
    }
    const shared = this.#shared.get(first) ?? new SharedMachine(this.#scene, inherited);
    this.#shared.set(first, shared);
    return shared;
  }

  /** The machine that nobody needs any more now that a step has ended. */
  async #freed({ step, ran }: EndedStep): Promise<LastMachine | undefined> {
    const { graph, ended } = this.#scene;
    const together = graph.companions(step.id);
    const [first] = together;
    if (first === undefined) {
      return ran.held === undefined ? undefined : { step, held: ran.held };
    }
    const shared = together.every((id) => ended.has(id)) ? this.#shared.get(first) : undefined;
    if (shared === undefined) {
      return undefined;
    }
    this.#shared.delete(first);
    const held = await shared.end();
    return held === undefined ? undefined : { step, held };
  }

  async #tellEnd(step: PlannedStep): Promise<void> {
    const { job, report, ended, begin, background } = this.#scene;
    const record = ended.get(step.id);
    const silent = isAround(step.work) && record?.result.outcome === 'skipped';
    if (record !== undefined && !silent) {
      await begin();
      const { id, ...rest } = record.result;
      await report.write({ type: 'step-end', job: job.id, step: id, ...rest });
    }
    background.tellEnd(step.id);
  }

  async #give(held: HeldMachine): Promise<void> {
    try {
      await held.give();
      await checkRoom('keep what the job wrote to its disk', this.#scene.run.services.disks);
    } catch (error) {
      await this.#hooks.wentWrong(error);
    }
  }
}
