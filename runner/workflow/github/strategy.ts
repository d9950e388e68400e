import { holdsExpression } from '../../expression/split.ts';
import type { Json, Matrix, Maybe, Strategy, Template } from '../../model/workflow.ts';
import type { Field } from '../field.ts';
import type { Gathering } from './fields.ts';

export function readStrategy(field: Field | undefined, gathering: Gathering): Strategy | undefined {
  if (field !== undefined && !field.isMap) {
    gathering.tell(field, `'strategy' as one expression is not there yet; allowed: a map`);
  }
  const matrix = field?.get('matrix');
  if (field === undefined || matrix === undefined) {
    return undefined;
  }
  const count = ({ value }: Field) => (typeof value === 'number' ? value : undefined);
  const flag = ({ value }: Field) => (typeof value === 'boolean' ? value : undefined);
  const maxParallel = gathering.maybe(field.get('max-parallel'), 'any', count, 'a number or an expression');
  return {
    matrix: matrix.isMap ? readMatrix(matrix) : matrix.template,
    failFast: gathering.maybe(field.get('fail-fast'), 'any', flag, 'true, false or an expression') ?? true,
    ...(maxParallel === undefined ? {} : { maxParallel }),
  };
}

function readMatrix(field: Field): Matrix {
  const axes = field.entries().filter(({ key }) => key !== 'include' && key !== 'exclude');
  const cells = (key: string) => listAt<{ readonly [key: string]: Json }>(field.get(key)) ?? ([] as const);
  return {
    axes: new Map(axes.map((axis) => [axis.key, listAt<Json>(axis) ?? []])),
    include: cells('include'),
    exclude: cells('exclude'),
    place: field.keyPlace,
  };
}

function listAt<T extends Json>(field: Field | undefined): readonly T[] | Template | undefined {
  if (field === undefined || field.isList) {
    return field?.value as readonly T[] | undefined;
  }
  return (holdsExpression(field.text) ? field.template : []) satisfies Maybe<readonly T[]>;
}
