import type { PlannedService } from '../../model/container.ts';
import type { PlannedStep } from '../../model/plan.ts';
import { hostsFile } from '../container/hosts-file.ts';
import type { OpenedContainer } from '../container/job-containers.ts';
import { defaultDisk, diskPath } from '../disks.ts';
import { apart } from '../inside.ts';
import type { WeighedRequest } from '../machine-request.ts';
import type { Slot } from '../queue.ts';
import type { JobScene } from '../scene.ts';
import { packFiles } from '../tar.ts';
import { Service } from './service.ts';

/** CPUs of a service that names none. */
const usualCpu = 1;

/** What a machine of the job's steps is asked for by. */
export function ofSteps({ job, container, tools }: JobScene): WeighedRequest {
  const [step] = job.steps;
  if (step === undefined) {
    throw new Error('a job has a step');
  }
  const credentials = container?.credentials;
  return { step, image: { reference: step.image, ...(credentials === undefined ? {} : { credentials }) }, tools };
}

/** A service, and what it comes to. */
export interface OpenedService {
  readonly service: PlannedService;
  readonly opened: OpenedContainer;
}

/** What the machine of a service is asked for by. */
export function ofService(scene: JobScene, { service, opened }: OpenedService): WeighedRequest {
  const { planned, credentials } = opened;
  return {
    step: standIn(ofSteps(scene).step, service),
    image: { reference: planned.image, ...(credentials === undefined ? {} : { credentials }) },
    tools: [],
  };
}

/** Boots the machine of a service; its program is not started yet. Rejects as `Machines.take` does. */
export async function bootService(
  scene: JobScene,
  of: OpenedService,
  at: number,
  signal: AbortSignal,
): Promise<Service> {
  const { run, job, disks, number, index } = scene;
  const { service, opened } = of;
  const { planned, env } = opened;
  const held = await run.machines.take(
    {
      ...ofService(scene, of),
      use: { role: 'service', user: planned.options.user ?? 'of-image', env, inside: apart(planned.volumes) },
      hostname: planned.options.hostname ?? service.id,
      order: index,
      queue: paidFor,
      disk: () => ({
        path: diskPath(run.services.disks, number, job.steps.length, `service-${at}`),
        size: defaultDisk,
      }),
      onPlace: async () => {},
    },
    signal,
  );
  disks.made(held.vm.disk);
  try {
    const hosts = job.services.map(({ id }, other) => [id, addressOf(other)] as const);
    const others = [...hosts.filter(([id]) => id !== service.id), ...planned.options.hosts];
    const file = { name: 'hosts', text: hostsFile(`${held.hostname} ${service.id}`, others) };
    await held.vm.copyIn(packFiles([file]), '/etc', signal);
    return new Service(service, addressOf(at), opened, held);
  } catch (error) {
    await held.give();
    throw error;
  }
}

/** Where machines of a job find its services: an address of their loopback for each. */
function addressOf(at: number): string {
  return `127.77.${Math.floor(at / 250)}.${(at % 250) + 1}`;
}

/** Its place was taken with those of all services of its job. */
const paidFor: { acquire(): Promise<Slot> } = { acquire: async () => ({ release: () => {} }) };

/** What a machine is asked for by: a step, which a service is not, but for its level and what it takes. */
function standIn(step: PlannedStep, { id, container: { options, place } }: PlannedService): PlannedStep {
  const { cpu, memory } = options;
  const named = { cpu: cpu !== undefined, memory: memory !== undefined, disk: false };
  return {
    ...step,
    id,
    work: { kind: 'script', script: { text: '', place } },
    resources: { cpu: cpu ?? usualCpu, ...(memory === undefined ? {} : { memory }), named },
  };
}
