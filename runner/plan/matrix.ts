import { equalValues } from '../expression/value.ts';
import type { Json } from '../model/workflow.ts';

export type Cell = { readonly [key: string]: Json };

/** A matrix whose expressions are evaluated. */
export interface MatrixValues {
  readonly axes: ReadonlyMap<string, readonly Json[]>;
  readonly include: readonly Cell[];
  readonly exclude: readonly Cell[];
}

export interface ExpandedCell {
  readonly values: Cell;
  /** The part that names the cell: the axes' values, or an `include` of its own; not what `include` added to it. */
  readonly naming: Cell;
}

/** Cells one job may have, as on GitHub. */
const maxCells = 256;
/** Combinations looked at before `exclude`, so that a few long axes cannot hold up the planner. */
const maxCombinations = 65_536;

/**
 * The cells of a matrix by GitHub's rules: the product of the axes in their order, the last turning fastest; those that
 * an `exclude` matches go; an `include` adds its new keys to every cell whose axes it matches (the later wins), and one
 * that matches none is a cell of its own at the end. Returns one sentence instead where the rules are broken.
 */
export function expandMatrix(matrix: MatrixValues): ExpandedCell[] | string {
  const fault = matrixFault(matrix);
  if (fault !== undefined) {
    return fault;
  }
  const includes = matrix.include.map((item) => splitInclude(item, matrix.axes));
  const used = new Set<unknown>();
  const cells = product(matrix.axes)
    .filter((cell) => !matrix.exclude.some((filter) => matches(cell, filter)))
    .map((naming) => {
      const matching = includes.filter((include) => matches(naming, include.filter));
      for (const include of matching) {
        used.add(include);
      }
      return { naming, values: Object.assign({}, naming, ...matching.map((include) => include.extra)) as Cell };
    });
  for (const include of includes.filter((candidate) => !used.has(candidate))) {
    const own = inAxisOrder({ ...include.filter, ...include.extra }, matrix.axes);
    cells.push({ naming: own, values: own });
  }
  if (cells.length === 0) {
    return 'the matrix has no cell: everything is excluded';
  }
  return cells.length > maxCells ? `the matrix has ${cells.length} cells; at most ${maxCells} are allowed` : cells;
}

function matrixFault({ axes, include, exclude }: MatrixValues): string | undefined {
  if (axes.size === 0 && include.length === 0) {
    return 'the matrix has no axis and no include';
  }
  for (const [name, values] of axes) {
    if (values.length === 0) {
      return `the matrix axis '${name}' is empty`;
    }
  }
  const combinations = [...axes.values()].reduce((total, values) => total * values.length, 1);
  if (combinations > maxCombinations) {
    return `the matrix has ${combinations} combinations; at most ${maxCells} cells are allowed`;
  }
  if (include.some((item) => Object.keys(item).length === 0)) {
    return 'an include of the matrix is empty';
  }
  for (const item of exclude) {
    const keys = Object.keys(item);
    const unknown = keys.find((key) => axisNamed(key, axes) === undefined);
    if (unknown !== undefined) {
      return `an exclude of the matrix names '${unknown}', which is no axis; the axes are ${[...axes.keys()].join(', ')}`;
    }
    if (keys.length === 0) {
      return 'an exclude of the matrix is empty';
    }
  }
  return undefined;
}

function product(axes: ReadonlyMap<string, readonly Json[]>): Cell[] {
  if (axes.size === 0) {
    return [];
  }
  let cells: Cell[] = [{}];
  for (const [name, values] of axes) {
    cells = cells.flatMap((cell) => values.map((value) => ({ ...cell, [name]: value })));
  }
  return cells;
}

function splitInclude(item: Cell, axes: ReadonlyMap<string, readonly Json[]>): { filter: Cell; extra: Cell } {
  const filter: Record<string, Json> = {};
  const extra: Record<string, Json> = {};
  for (const [key, value] of Object.entries(item)) {
    const axis = axisNamed(key, axes);
    (axis === undefined ? extra : filter)[axis ?? key] = value;
  }
  return { filter, extra };
}

/** Keys of a matrix are found in any case. */
function axisNamed(key: string, axes: ReadonlyMap<string, unknown>): string | undefined {
  return axes.has(key) ? key : [...axes.keys()].find((name) => name.toLowerCase() === key.toLowerCase());
}

function inAxisOrder(cell: Cell, axes: ReadonlyMap<string, unknown>): Cell {
  const own = [...axes.keys()].filter((name) => Object.hasOwn(cell, name)).map((name) => [name, cell[name] ?? null]);
  return { ...Object.fromEntries(own), ...cell };
}

/** Every leaf of the filter equals what stands at the same path of the value; a path that is not there reads as null. */
function matches(value: Json | undefined, filter: Json): boolean {
  if (typeof filter !== 'object' || filter === null) {
    return equalValues(value ?? null, filter);
  }
  return Object.entries(filter).every(([key, wanted]) => matches(childOf(value, key), wanted));
}

function childOf(value: Json | undefined, key: string): Json | undefined {
  if (typeof value !== 'object' || value === null) {
    return undefined;
  }
  const names = Object.keys(value);
  const name = names.includes(key) ? key : names.find((candidate) => candidate.toLowerCase() === key.toLowerCase());
  return name === undefined ? undefined : (value as { readonly [key: string]: Json })[name];
}
