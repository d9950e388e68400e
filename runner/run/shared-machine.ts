import type { PlannedStep } from '../model/plan.ts';
import type { HeldMachine } from './held-machine.ts';
import type { JobScene } from './scene.ts';
import { takeMachine } from './step-machine.ts';
import { orAbort } from './stop.ts';
import { fillDisk } from './workspace.ts';

/** The one machine of steps that run beside each other: made for the first that asks, given back after the last. */
export class SharedMachine {
  readonly #scene: JobScene;
  readonly #over = new AbortController();
  #taking: Promise<HeldMachine> | undefined;
  #arrived = () => {};
  /** Resolves when it is there, or cannot be had. */
  readonly arrival: Promise<void>;

  /** `inherited`: the machine of an earlier step that they go on with. */
  constructor(scene: JobScene, inherited?: HeldMachine) {
    this.#scene = scene;
    this.#taking = inherited === undefined ? undefined : Promise.resolve(inherited);
    this.arrival = new Promise((resolve) => {
      this.#arrived = resolve;
    });
  }

  /** A step that is called off while the machine boots leaves it to the others. Rejects as `Machines.take` does. */
  async take(step: PlannedStep, signal: AbortSignal): Promise<HeldMachine> {
    this.#taking ??= this.#make(step);
    this.#taking.then(this.#arrived, this.#arrived);
    return await orAbort(this.#taking, signal);
  }

  /** The machine is gone: the next step gets a new one with the disk as it was left. */
  async lost(held: HeldMachine): Promise<void> {
    if (this.#taking !== undefined && (await this.#taking) === held) {
      this.#taking = undefined;
    }
    await held.give();
  }

  /** No step needs it any more; the machine, if there is one, is the caller's now. */
  async end(): Promise<HeldMachine | undefined> {
    this.#over.abort(new Error('no step needs the machine any more'));
    return await this.#taking?.catch(() => undefined);
  }

  async #make(step: PlannedStep): Promise<HeldMachine> {
    const scene = this.#scene;
    const { signal } = this.#over;
    const origin = { parent: scene.disks.before(step.id), index: scene.job.steps.indexOf(step), attempt: 1 };
    const held = await takeMachine(scene, step, origin, signal);
    try {
      await fillDisk(scene, step, held, signal);
      return held;
    } catch (error) {
      await held.give();
      throw error;
    }
  }
}
