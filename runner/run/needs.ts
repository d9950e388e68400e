import type { JobResult } from '../model/event.ts';
import type { Json } from '../model/workflow.ts';
import { worst } from './exit-code.ts';

/** The results of every job of a file that has ended, by its id there: one for each cell, in the order of the cells. */
export type ResultsById = ReadonlyMap<string, readonly JobResult[]>;

/**
 * The `needs` context. A matrix counts as one job: its result is the worst of its cells', and of an output that several
 * cells set the last cell's in order counts, whichever ended last; an empty value sets nothing.
 */
export function needsContext(needs: readonly string[], results: ResultsById): { [job: string]: Json } {
  return Object.fromEntries(
    needs.map((need) => {
      const cells = results.get(need) ?? [];
      const outputs = cells.flatMap((cell) => Object.entries(cell.outputs).filter(([, value]) => value !== ''));
      return [need, { result: resultOf(cells), outputs: Object.fromEntries(outputs) }];
    }),
  );
}

/** What the status functions say to a job about all it needs, directly or through others. */
export function needsStatus(
  needs: readonly string[],
  results: ResultsById,
  all: ReadonlyMap<string, readonly string[]>,
) {
  const needed = new Set<string>();
  const visit = (id: string): void => {
    if (!needed.has(id)) {
      needed.add(id);
      (all.get(id) ?? []).forEach(visit);
    }
  };
  needs.forEach(visit);
  const ends = [...needed].map((id) => resultOf(results.get(id) ?? []));
  return { success: ends.every((end) => end === 'success'), failure: ends.includes('failure') };
}

/** What `success('a', 'b')` and its like say about single jobs, found in any case; one that is not needed is neither. */
export function jobsStatus(ids: readonly string[], needs: readonly string[], results: ResultsById) {
  const named = ids.map((id) => needs.find((need) => need.toLowerCase() === id.toLowerCase()));
  const ends = named.map((need) => (need === undefined ? 'skipped' : resultOf(results.get(need) ?? [])));
  return { success: ends.every((end) => end === 'success'), failure: ends.includes('failure') };
}

function resultOf(cells: readonly JobResult[]) {
  return worst(cells.map((cell) => cell.conclusion));
}
