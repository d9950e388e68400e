import { evaluateTemplate } from '../expression/evaluate.ts';
import { holdsExpression } from '../expression/split.ts';
import type { Place } from '../model/problem.ts';
import type { Json, Matrix, Template } from '../model/workflow.ts';
import { shown } from '../workflow/shown.ts';
import type { Cell, MatrixValues } from './matrix.ts';
import { attempt, isTemplate, type Setting } from './resolve.ts';

/** A matrix with its expressions evaluated; `undefined`, with problems told, where they fail or give the wrong kind. */
export function matrixValues(matrix: Matrix | Template, setting: Setting): MatrixValues | undefined {
  const whole = isTemplate(matrix) ? wholeMatrix(matrix, setting) : matrix;
  if (whole === undefined) {
    return undefined;
  }
  const axes = new Map<string, readonly Json[]>();
  for (const [name, axis] of whole.axes) {
    const values = listOf(axis, `the matrix axis '${name}'`, whole.place, setting);
    if (values !== undefined) {
      axes.set(name, values);
    }
  }
  const include = cellsOf(whole.include, 'include', whole.place, setting);
  const exclude = cellsOf(whole.exclude, 'exclude', whole.place, setting);
  const complete = axes.size === whole.axes.size && include !== undefined && exclude !== undefined;
  return complete ? { axes, include, exclude } : undefined;
}

function wholeMatrix(template: Template, setting: Setting): Matrix | undefined {
  const value = attempt(setting, () => evaluateTemplate(template, setting.scope));
  if (value === undefined) {
    return undefined;
  }
  if (!isObject(value)) {
    const message = `the matrix must be an object of axes; the expression gave ${shown(value)}`;
    setting.problems.push({ message, place: template.place });
    return undefined;
  }
  const { include = [], exclude = [], ...axes } = value;
  return {
    axes: new Map(Object.entries(axes).map(([name, axis]) => [name, axis as readonly Json[]])),
    include: include as readonly Cell[],
    exclude: exclude as readonly Cell[],
    place: template.place,
  };
}

function listOf(axis: Json | Template, what: string, place: Place, setting: Setting): readonly Json[] | undefined {
  const at = isTemplate(axis as Template) ? (axis as Template).place : place;
  const value = isTemplate(axis as Template)
    ? attempt(setting, () => evaluateTemplate(axis as Template, setting.scope))
    : deep(axis as Json, place, setting);
  if (value === undefined || Array.isArray(value)) {
    return value as readonly Json[] | undefined;
  }
  setting.problems.push({ message: `${what} must be a list; found ${shown(value)}`, place: at });
  return undefined;
}

function cellsOf(
  cells: readonly Cell[] | Template,
  what: string,
  place: Place,
  setting: Setting,
): readonly Cell[] | undefined {
  const list = listOf(cells, `the matrix's ${what}`, place, setting);
  const wrong = list?.find((item) => !isObject(item));
  if (wrong === undefined) {
    return list as readonly Cell[] | undefined;
  }
  const message = `each ${what} of the matrix must be an object; found ${shown(wrong)}`;
  setting.problems.push({ message, place: isTemplate(cells) ? cells.place : place });
  return undefined;
}

/** A value of the file with the expressions in its texts evaluated. */
function deep(value: Json, place: Place, setting: Setting): Json | undefined {
  if (typeof value === 'string') {
    return holdsExpression(value)
      ? attempt(setting, () => evaluateTemplate({ text: value, place }, setting.scope))
      : value;
  }
  if (value === null || typeof value !== 'object') {
    return value;
  }
  if (Array.isArray(value)) {
    const items = value.map((item: Json) => deep(item, place, setting));
    return items.some((item) => item === undefined) ? undefined : (items as Json[]);
  }
  const entries = Object.entries(value).map(([key, item]) => [key, deep(item, place, setting)] as const);
  return entries.some(([, item]) => item === undefined) ? undefined : (Object.fromEntries(entries) as Json);
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
