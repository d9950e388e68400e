import { randomBytes } from 'node:crypto';
import type { ImageFile } from '../model/image.ts';
import type { DiskSpec, MachineChoice, Tool, VmBackend, VmSpec } from '../model/machine.ts';
import { HeldMachine, hostName } from './held-machine.ts';
import type { ImageWish, MachineRequest, WeighedRequest } from './machine-request.ts';
import type { Slot, StepQueue, Weight } from './queue.ts';
import type { RunServices } from './services.ts';
import { orAbort } from './stop.ts';
import { weightOf } from './weight.ts';

/** Tasks a machine may hold at once. */
const mostProcesses = 4096;
/** Bytes that even the smallest process takes: a fork bomb is to meet the bound of processes before that of memory. */
const leastProcess = 512 * 1024;

/** How images are opened for a run. */
export interface ImageOpening {
  /** Ends the work on images when it aborts. */
  readonly signal: AbortSignal;
  readonly onProgress: (line: string) => void;
}

/** Makes the machines of one run, and knows all that are up. */
export class Machines {
  readonly #services: RunServices;
  readonly #queue: StepQueue;
  readonly #opening: ImageOpening;
  readonly #images = new Map<string, Promise<ImageFile>>();
  readonly #opened = new Map<string, Promise<ImageFile>>();
  readonly #up = new Set<HeldMachine>();
  readonly #backends = new Set<VmBackend>();

  constructor(services: RunServices, queue: StepQueue, opening: ImageOpening) {
    this.#services = services;
    this.#queue = queue;
    this.#opening = opening;
  }

  /**
   * A machine for a step: backend chosen, image opened, room waited for, booted. Rejects with the signal's reason when
   * it aborts, a `HostFault` or a `WrongInput`; nothing is held then.
   */
  async take(request: MachineRequest, signal: AbortSignal): Promise<HeldMachine> {
    const { choice, image, tools, weight } = await this.#prepare(request, signal);
    const disk = request.disk(choice);
    const slot = await (request.queue ?? this.#queue).acquire(weight, request.order, signal);
    try {
      await request.onPlace(choice);
      signal.throwIfAborted();
      this.#backends.add(choice.backend);
      const vm = await choice.backend.boot(this.#spec(request, choice, { image, tools }, weight, disk), signal);
      const held = new HeldMachine(vm, image, request, slot, (gone) => this.#up.delete(gone));
      this.#up.add(held);
      return held;
    } catch (error) {
      slot.release();
      throw error;
    }
  }

  /** What the machine of a request takes of the host. Rejects as `take` does. */
  async weigh(request: WeighedRequest, signal: AbortSignal): Promise<Weight> {
    return (await this.#prepare(request, signal)).weight;
  }

  /** A place in the budget for several machines at once, who must not wait for places of their own. */
  async reserve(weight: Weight, order: number, signal: AbortSignal): Promise<Slot> {
    return await this.#queue.acquire(weight, order, signal);
  }

  /** The image that a step names; opened once for all that show the same credentials. */
  image({ reference, credentials }: ImageWish): Promise<ImageFile> {
    const { onProgress, signal } = this.#opening;
    const key = JSON.stringify([reference, credentials]);
    const opening = this.#images.get(key) ?? this.#services.openImage(reference, onProgress, signal, credentials);
    this.#images.set(key, opening);
    return opening;
  }

  /** Destroys whatever is still up, has backends end the run, and waits for images somebody began to open. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#images.values(), ...this.#opened.values()]);
    const ends = await Promise.allSettled([...this.#up].map((held) => held.give()));
    ends.push(...(await Promise.allSettled([...this.#backends].map((each) => each.endRun?.(this.#services.run)))));
    for (const end of ends) {
      if (end.status === 'rejected') {
        throw end.reason;
      }
    }
  }

  async #prepare(request: WeighedRequest, signal: AbortSignal) {
    const { step } = request;
    const { isolation, network } = step;
    const { accel } = this.#services;
    const choice = await this.#services.choose({ isolation, network, ...(accel === undefined ? {} : { accel }) });
    const [image, tools] = await orAbort(Promise.all([this.image(request.image), this.#tools(request)]), signal);
    const attached = tools.map((tool) => tool.image);
    return { choice, image, tools, weight: weightOf(step, image, attached, choice) };
  }

  #tool(name: string): Promise<ImageFile> {
    const { onProgress, signal } = this.#opening;
    const opening = this.#opened.get(name) ?? this.#services.openTool(name, onProgress, signal);
    this.#opened.set(name, opening);
    return opening;
  }

  async #tools({ tools }: Pick<MachineRequest, 'tools'>): Promise<Tool[]> {
    return await Promise.all(tools.map(async ({ name, path }) => ({ image: await this.#tool(name), path })));
  }

  #spec(
    { step, hostname, use: { inside } }: MachineRequest,
    choice: MachineChoice,
    images: { readonly image: ImageFile; readonly tools: readonly Tool[] },
    weight: Weight,
    disk: DiskSpec,
  ): VmSpec {
    const { named } = step.resources;
    const { run, scratch, bootDeadline } = this.#services;
    return {
      id: `lv-${randomBytes(8).toString('hex')}`,
      run,
      scratch,
      ...images,
      limits: { ...weight, processes: Math.min(mostProcesses, Math.floor(weight.memory / leastProcess)) },
      required: (['cpu', 'memory'] as const).filter((limit) => named[limit]),
      disk,
      folders: inside.kept,
      binds: inside.binds,
      network: step.network,
      ports: [],
      hostname: hostName(hostname),
      bootDeadline,
      ...(choice.accel === undefined ? {} : { accel: choice.accel }),
    };
  }
}
