import type { PlannedStep } from '../model/plan.ts';
import { isControl } from './work.ts';

/**
 * Steps that share one machine, since by contract they share files and processes while they run: from one that starts in
 * the background to the step behind which nothing is in the background any more. By the id of each: all of them, in the
 * order of the file. Steps that run alone are not there.
 */
export function companions(steps: readonly PlannedStep[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  const running = new Set<string>();
  let together: string[] = [];
  for (const { id, work, background } of steps) {
    if (background === true) {
      running.add(id);
    }
    if (running.size === 0) {
      continue;
    }
    together.push(id);
    found.set(id, together);
    for (const other of isControl(work) ? work.steps : []) {
      running.delete(other);
    }
    together = running.size === 0 ? [] : together;
  }
  return found;
}
