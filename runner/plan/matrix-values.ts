import { evaluateEntry, evaluateTree, placeOfTree } from '../expression/tree.ts';
import type { Place } from '../model/problem.ts';
import type { Json, Tree } from '../model/workflow.ts';
import { shown } from '../workflow/shown.ts';
import type { Cell, MatrixValues } from './matrix.ts';
import { attempt, type Setting } from './resolve.ts';

/** A part of a matrix with the place it is told at. */
interface Part {
  readonly value: Json;
  readonly place: Place;
}

/** A matrix with its expressions evaluated; `undefined`, with problems told, where they fail or give the wrong kind. */
export function matrixValues(matrix: Tree, setting: Setting): MatrixValues | undefined {
  const told = setting.problems.length;
  const parts = matrix.kind === 'map' ? partsOf(matrix, setting) : wholeParts(matrix, setting);
  const axes = new Map<string, readonly Json[]>();
  for (const [name, part] of parts) {
    if (name !== 'include' && name !== 'exclude') {
      axes.set(name, listOf(part, `the matrix axis '${name}'`, setting) ?? []);
      tellEmpty(name, part, setting);
    }
  }
  const include = cellsOf(parts.get('include'), 'include', setting);
  const exclude = cellsOf(parts.get('exclude'), 'exclude', setting);
  return setting.problems.length > told ? undefined : { axes, include, exclude };
}

/** Each entry is tried by itself, so that all problems are told. */
function partsOf({ entries }: Extract<Tree, { kind: 'map' }>, setting: Setting): Map<string, Part> {
  const given = entries.flatMap((entry) => {
    const parts = attempt(setting, () => evaluateEntry(entry, setting.scope)) ?? [];
    const place = placeOfTree(entry.value);
    return parts.map(([name, value]) => [name, { value, place }] as const);
  });
  return new Map(given);
}

function wholeParts(matrix: Tree, setting: Setting): Map<string, Part> {
  const value = attempt(setting, () => evaluateTree(matrix, setting.scope));
  const place = placeOfTree(matrix);
  if (value === undefined || isObject(value)) {
    return new Map(Object.entries(value ?? {}).map(([name, part]) => [name, { value: part, place }]));
  }
  setting.problems.push({
    message: `the matrix must be an object of axes; the expression gave ${shown(value)}`,
    place,
  });
  return new Map();
}

function tellEmpty(name: string, { value, place }: Part, setting: Setting): void {
  if (Array.isArray(value) && value.length === 0) {
    setting.problems.push({ message: `the matrix axis '${name}' is empty`, place });
  }
}

function listOf({ value, place }: Part, what: string, setting: Setting): readonly Json[] | undefined {
  if (Array.isArray(value)) {
    return value;
  }
  setting.problems.push({ message: `${what} must be a list; found ${shown(value)}`, place });
  return undefined;
}

function cellsOf(part: Part | undefined, what: string, setting: Setting): readonly Cell[] {
  const list = part === undefined ? [] : (listOf(part, `the matrix's ${what}`, setting) ?? []);
  const wrong = list.find((item) => !isObject(item));
  if (part !== undefined && wrong !== undefined) {
    const message = `each ${what} of the matrix must be an object; found ${shown(wrong)}`;
    setting.problems.push({ message, place: part.place });
  }
  return list as readonly Cell[];
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
