import type { PlanBounds, PlannedResources } from '../model/plan.ts';
import type { Place, Problem } from '../model/problem.ts';
import type { Isolation, MachineWishes, Resources } from '../model/workflow.ts';
import { bytesText } from '../workflow/quantity.ts';
import { bytesReading, cpuReading } from './readings.ts';
import { resolve, type Setting } from './resolve.ts';

const mebibyte = 2 ** 20;

/** CPUs of a step that names none. */
const defaultCpu = 1;

/** Bytes below which a level cannot hold a machine at all, whatever the image; an image may ask for more. */
const leastMemory: Readonly<Record<Isolation, number>> = {
  microvm: 16 * mebibyte,
  gvisor: 16 * mebibyte,
  sandbox: mebibyte,
  wasm: 64 * 1024,
  auto: mebibyte,
};

/** The least an empty disk may have, in bytes: below it ext4 has no room for its journal and its own tables. */
export const smallestDisk = 32 * mebibyte;

export function resolveResources(wishes: MachineWishes, setting: Setting): Resources {
  const cpu = resolve(wishes.resources?.cpu, cpuReading, setting);
  const memory = resolve(wishes.resources?.memory, bytesReading, setting);
  const disk = resolve(wishes.resources?.disk, bytesReading, setting);
  return {
    ...(cpu === undefined ? {} : { cpu }),
    ...(memory === undefined ? {} : { memory }),
    ...(disk === undefined ? {} : { disk }),
  };
}

/** A step's resources: its own, then its job's, then the defaults. */
export function stepResources(step: Resources, job: Resources): PlannedResources {
  const { cpu, memory, disk } = { ...job, ...step };
  return {
    cpu: cpu ?? defaultCpu,
    ...(memory === undefined ? {} : { memory }),
    ...(disk === undefined ? {} : { disk }),
    named: { cpu: cpu !== undefined, memory: memory !== undefined, disk: disk !== undefined },
  };
}

/** Resources above this host's or below what a level of isolation needs. */
export function resourceProblems(
  resources: PlannedResources,
  isolation: Isolation,
  host: PlanBounds['host'],
  placeOf: (key: string) => Place | undefined,
): Problem[] {
  const problems: Problem[] = [];
  const tell = (key: string, message: string) => {
    const place = placeOf(`resources.${key}`);
    problems.push({ message, ...(place === undefined ? {} : { place }) });
  };
  const { cpu, memory, disk } = resources;
  if (resources.named.cpu && cpu > host.cpu) {
    tell('cpu', `${cpu} CPUs are more than this host has to give: ${host.cpu}`);
  }
  if (memory !== undefined && memory > host.memory) {
    tell('memory', `${bytesText(memory)} of memory is more than this host has to give: ${bytesText(host.memory)}`);
  }
  const least = leastMemory[isolation];
  if (memory !== undefined && memory < least) {
    const level = isolation === 'auto' ? 'a machine' : `a ${isolation} machine`;
    tell('memory', `${bytesText(memory)} of memory is too little; ${level} needs at least ${bytesText(least)}`);
  }
  if (disk !== undefined && host.disk !== undefined && disk > host.disk) {
    tell('disk', `a disk of ${bytesText(disk)} is more than this host has to give: ${bytesText(host.disk)}`);
  }
  if (disk !== undefined && disk < smallestDisk) {
    tell('disk', `a disk of ${bytesText(disk)} is too small; it takes at least ${bytesText(smallestDisk)}`);
  }
  return problems;
}
