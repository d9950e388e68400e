import type { ImageFile } from '../model/image.ts';
import type { MicroVm } from '../model/machine.ts';
import type { PlannedStep } from '../model/plan.ts';
import type { StepDisk } from './disks.ts';
import type { ImageWish, MachineRequest, MachineUse } from './machine-request.ts';
import type { Slot } from './queue.ts';

/** A machine with its place in the budget. */
export class HeldMachine {
  readonly vm: MicroVm;
  readonly image: ImageFile;
  readonly step: PlannedStep;
  readonly use: MachineUse;
  readonly wish: ImageWish;
  readonly hostname: string;
  /** Whether a command was run in it. */
  used = false;
  readonly #slot: Slot;
  readonly #onGone: (held: HeldMachine) => void;
  readonly #done = new Map<string, Promise<void>>();
  #gone: Promise<void> | undefined;

  constructor(
    vm: MicroVm,
    image: ImageFile,
    { step, use, image: wish, hostname }: Pick<MachineRequest, 'step' | 'use' | 'image' | 'hostname'>,
    slot: Slot,
    onGone: (held: HeldMachine) => void,
  ) {
    this.vm = vm;
    this.image = image;
    this.step = step;
    this.use = use;
    this.wish = wish;
    this.hostname = hostName(hostname);
    this.#slot = slot;
    this.#onGone = onGone;
  }

  /** Whom its commands run as; root when absent. */
  get user(): string | undefined {
    return this.use.user === 'of-image' ? this.image.config.container?.user : this.use.user;
  }

  /** Its disk, as the next machine may find it. */
  get leaves(): StepDisk {
    const { disk, isolation } = this.vm;
    return { disk, isolation, image: { reference: this.wish.reference, digest: this.image.digest } };
  }

  /** Whether it was given back. */
  get gone(): boolean {
    return this.#gone !== undefined;
  }

  /** Destroys the machine, then gives its place back; again is harmless. Rejects with a fault of the host. */
  give(): Promise<void> {
    this.#gone ??= this.#destroy();
    return this.#gone;
  }

  async #destroy(): Promise<void> {
    try {
      await this.vm.destroy();
    } finally {
      this.#slot.release();
      this.#onGone(this);
    }
  }

  /** Does something once for all steps that share the machine, however many ask for it. */
  once(what: string, work: () => Promise<void>): Promise<void> {
    const done = this.#done.get(what) ?? work();
    this.#done.set(what, done);
    return done;
  }

  /** Whether a step would get a machine like this one. */
  suits(step: PlannedStep): boolean {
    const wish = ({ image, isolation, network, resources }: PlannedStep) =>
      JSON.stringify([image, isolation, network, resources.cpu, resources.memory]);
    return wish(step) === wish(this.step);
  }
}

/** A text as a host name. */
export function hostName(text: string): string {
  const name = text.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return name.slice(0, 63).replaceAll(/^-+|-+$/g, '') || 'lightv';
}
