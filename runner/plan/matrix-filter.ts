import { textOf } from '../expression/value.ts';
import type { Cell, ExpandedCell } from './matrix.ts';

type Filter = ReadonlyMap<string, ReadonlySet<string>>;

/** Whether a cell is kept: each key of the filter that the cell has must have one of the values, as text. */
export function keptBy(cell: Cell | undefined, filter: Filter | undefined): boolean {
  if (cell === undefined || filter === undefined) {
    return true;
  }
  return [...filter].every(([key, values]) => {
    const value = cell[key];
    return value === undefined || values.has(textOf(value));
  });
}

/** One sentence when a filter leaves nothing of a matrix. */
export function filterProblem(cells: readonly ExpandedCell[], filter: Filter | undefined): string | undefined {
  if (filter === undefined || cells.some((cell) => keptBy(cell.values, filter))) {
    return undefined;
  }
  const wanted = [...filter].flatMap(([key, values]) => [...values].map((value) => `${key}:${value}`));
  const keys = [...filter.keys()];
  const has = keys.map((key) => {
    const values = cells.flatMap(({ values }) => (values[key] === undefined ? [] : [textOf(values[key])]));
    return `${key} is one of ${[...new Set(values)].join(', ')}`;
  });
  return `no cell of the matrix matches --matrix ${wanted.join(' --matrix ')}; ${has.join('; ')}`;
}
