import type { Problem } from '../model/problem.ts';

/** Problems by their places, those without one first, each once. */
export function inFileOrder(problems: readonly Problem[]): Problem[] {
  const key = ({ message, place }: Problem) => JSON.stringify([message, place?.file, place?.line, place?.column]);
  const unique = new Map(problems.toReversed().map((problem) => [key(problem), problem]));
  return [...unique.values()].sort(
    (a, b) =>
      (a.place?.line ?? 0) - (b.place?.line ?? 0) ||
      (a.place?.column ?? 0) - (b.place?.column ?? 0) ||
      (a.message < b.message ? -1 : Number(a.message > b.message)),
  );
}
