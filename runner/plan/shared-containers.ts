import type { PlannedContainer, PlannedService } from '../model/container.ts';
import type { Problem } from '../model/problem.ts';

/** What containers of one job cannot have in common: each is a machine with a disk of its own, but localhost is one. */
export function sharedProblems(
  container: PlannedContainer | undefined,
  services: readonly PlannedService[],
): Problem[] {
  const all = [...(container === undefined ? [] : [container]), ...services.map((service) => service.container)];
  const volumes = twice(all, (each) => each.volumes.flatMap(({ name }) => name ?? []));
  const ports = twice(
    services.map((service) => service.container),
    (each) => each.ports.flatMap(({ local }) => local ?? []),
  );
  return [
    ...volumes.map(([name, { place }]) => {
      const message = `the volume '${name}' is named by two containers, which cannot share one: each has a disk of its own`;
      return { message, place };
    }),
    ...ports.map(([port, { place }]) => ({ message: `the port ${port} of localhost is given to two services`, place })),
  ];
}

/** What several containers name, each once, with the second that names it. */
function twice<T>(
  containers: readonly PlannedContainer[],
  namesOf: (container: PlannedContainer) => readonly T[],
): (readonly [T, PlannedContainer])[] {
  const seen = new Set<T>();
  const told = new Map<T, PlannedContainer>();
  for (const container of containers) {
    for (const name of new Set(namesOf(container))) {
      if (seen.has(name) && !told.has(name)) {
        told.set(name, container);
      }
      seen.add(name);
    }
  }
  return [...told];
}
