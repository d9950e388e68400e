import type { PlannedService } from '../../model/container.ts';

/** Where ports begin that are given to those who ask for any. */
const firstFree = 32_768;

/** By service: the port of localhost for each port of its container that the workflow maps. The same in all machines. */
export function localPorts(services: readonly PlannedService[]): ReadonlyMap<string, ReadonlyMap<number, number>> {
  const all = services.flatMap(({ container }) => container.ports);
  const taken = new Set(all.flatMap(({ local }) => local ?? []));
  let next = firstFree;
  const free = () => {
    while (taken.has(next)) {
      next += 1;
    }
    taken.add(next);
    return next;
  };
  return new Map(
    services.map(({ id, container }) => [
      id,
      new Map(container.ports.map(({ port, local }) => [port, local ?? free()])),
    ]),
  );
}
