import type { MicroVm } from '../../model/machine.ts';
import type { Json } from '../../model/workflow.ts';
import { openContainer } from '../container/job-containers.ts';
import { networkName } from '../container/network-name.ts';
import type { HeldMachine } from '../held-machine.ts';
import { type Slot, StepQueue } from '../queue.ts';
import type { JobScene } from '../scene.ts';
import { bootService, ofService, ofSteps } from './boot-service.ts';
import { bridge } from './bridge.ts';
import { localPorts } from './local-ports.ts';
import type { Service } from './service.ts';

/** Lines of a service's log that are shown when it failed. */
const shownLines = 50;

/**
 * The services of a job: each a machine of its own that is up before the first step and gone after the last. The place
 * of all of them in the budget is taken at once, with that of the job's steps: who holds one never waits for another.
 */
export class ServiceMachines {
  readonly #scene: JobScene;
  readonly #slot: Slot;
  readonly #services: readonly Service[];
  readonly #local: ReadonlyMap<string, ReadonlyMap<number, number>>;
  #stopped: Promise<void> | undefined;
  /** Hands out the part of the place that is the steps'. */
  readonly queue: StepQueue;

  private constructor(scene: JobScene, slot: Slot, queue: StepQueue, services: readonly Service[]) {
    this.#scene = scene;
    this.#slot = slot;
    this.#services = services;
    this.#local = localPorts(scene.job.services);
    this.queue = queue;
  }

  /**
   * Starts the services of a job and waits until they are fit for use. Rejects with a `StepFailure` for one that is not,
   * after its log was shown, and as `Machines.take` does; nothing of them is left then.
   */
  static async start(scene: JobScene, signal: AbortSignal): Promise<ServiceMachines> {
    const { job, run, index } = scene;
    const opened = job.services.map((service) => ({ service, opened: openContainer(scene, service.container) }));
    const weights = await Promise.all(opened.map((each) => run.machines.weigh(ofService(scene, each), signal)));
    const steps = await run.machines.weigh(ofSteps(scene), signal);
    const memory = weights.reduce((sum, weight) => sum + weight.memory, steps.memory);
    // They mostly wait: what their programs take of the CPUs is bounded, but kept free for nobody.
    const slot = await run.machines.reserve({ cpu: steps.cpu, memory }, index, signal);
    const booted: Service[] = [];
    try {
      await scene.begin();
      const ends = await Promise.allSettled(
        opened.map(async (each, at) => {
          booted.push(await bootService(scene, each, at, signal));
        }),
      );
      throwFirst(ends);
      const order = job.services.map(({ id }) => booted.find((service) => service.id === id));
      const services = order.flatMap((service) => service ?? []);
      const all = new ServiceMachines(scene, slot, new StepQueue(steps), services);
      await all.#begin(signal);
      return all;
    } catch (error) {
      await Promise.allSettled(booted.map((service) => service.stop()));
      slot.release();
      throw error;
    }
  }

  /** Names of all services, and where machines of the job find them. */
  get hosts(): readonly (readonly [name: string, address: string])[] {
    return this.#services.map(({ id, address }) => [id, address]);
  }

  /** What `job.services` tells of them. */
  get context(): { readonly [id: string]: Json } {
    const { run, number } = this.#scene;
    const network = networkName(run.services.run, number);
    return Object.fromEntries(
      this.#services.map(({ id, held }) => {
        const ports = [...(this.#local.get(id) ?? [])].map(([port, local]) => [String(port), String(local)]);
        return [id, { id: held.vm.id, network, ports: Object.fromEntries(ports) }];
      }),
    );
  }

  /**
   * Lets a machine of the job reach the services: by their names on the ports they serve, and where its steps run on no
   * container, on those of localhost that the workflow maps.
   */
  async reachFrom({ vm, use }: HeldMachine): Promise<void> {
    const named = use.role === 'action' || this.#scene.job.container !== undefined;
    for (const service of this.#services) {
      await (named ? this.#byName(vm, service, await portsOf(service)) : this.#byLocalPort(vm, service));
    }
  }

  /** Ends them all; tells of those that had ended before. Again is harmless. Rejects with a fault of the host. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    for (const service of this.#services) {
      if (service.end !== undefined) {
        await this.#tell(service, `the service "${service.id}" had ended before the job did: ${service.end}`);
      }
    }
    try {
      throwFirst(await Promise.allSettled(this.#services.map((service) => service.stop())));
    } finally {
      this.#slot.release();
    }
  }

  async #begin(signal: AbortSignal): Promise<void> {
    const { services } = this.#scene.run;
    for (const service of this.#services) {
      await this.#reachOthers(service);
    }
    const now = () => services.now().getTime();
    await Promise.all(this.#services.map((service) => service.start(signal)));
    const ends = await Promise.allSettled(this.#services.map((service) => service.ready(now, signal)));
    for (const [at, end] of ends.entries()) {
      const service = this.#services[at];
      if (end.status === 'rejected' && service !== undefined && !signal.aborted) {
        await this.#tell(service, `the service "${service.id}" did not become fit for use`);
      }
    }
    throwFirst(ends);
  }

  /** A port that a service serves itself is its own on all addresses: there it does not find the others. */
  async #reachOthers(service: Service): Promise<void> {
    const own = namedPorts(service);
    for (const other of this.#services.filter((each) => each !== service)) {
      const ports = namedPorts(other);
      await this.#byName(
        service.held.vm,
        other,
        ports.filter((port) => !own.includes(port)),
      );
    }
  }

  async #byName(vm: MicroVm, { address, held }: Service, ports: readonly number[]): Promise<void> {
    for (const port of ports) {
      await bridge(vm, { address, port }, held.vm, port);
    }
  }

  async #byLocalPort(vm: MicroVm, service: Service): Promise<void> {
    for (const [port, local] of this.#local.get(service.id) ?? []) {
      await bridge(vm, { address: '127.0.0.1', port: local }, service.held.vm, port);
    }
  }

  async #tell(service: Service, why: string): Promise<void> {
    const { report, job } = this.#scene;
    await report.notice({ job: job.id }, why, 'warning');
    for (const line of service.log.lines(shownLines)) {
      await report.notice({ job: job.id }, `${service.id} | ${line}`);
    }
  }
}

/** What its image and the workflow name, and whatever it listens on by now. */
async function portsOf(service: Service): Promise<readonly number[]> {
  const { network } = await service.held.vm.left();
  const open = network.flatMap((each) => /^tcp6? .*:(\d+)$/.exec(each)?.[1] ?? []).map(Number);
  return [...new Set([...namedPorts(service), ...open])];
}

function namedPorts({ held, opened }: Service): readonly number[] {
  const exposed = held.image.config.container?.ports ?? [];
  return [...exposed, ...opened.planned.ports].flatMap(({ port, protocol }) => (protocol === 'tcp' ? [port] : []));
}

function throwFirst(ends: readonly PromiseSettledResult<unknown>[]): void {
  for (const end of ends) {
    if (end.status === 'rejected') {
      throw end.reason;
    }
  }
}
