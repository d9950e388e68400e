import { holdsExpression } from '../../expression/split.ts';
import type { Json, Matrix, Maybe, Strategy, Template } from '../../model/workflow.ts';
import type { Field } from '../field.ts';
import type { Gathering } from './gather.ts';
import { readFlag } from './step.ts';

export function readStrategy(field: Field, gathering: Gathering): Strategy | undefined {
  const matrix = field.get('matrix');
  if (matrix === undefined) {
    return undefined;
  }
  const count = ({ value }: Field) => (typeof value === 'number' ? value : undefined);
  const maxParallel = gathering.maybe(field.get('max-parallel'), 'strategy', count, 'a whole number from 1 to 1000');
  return {
    matrix: matrix.isMap ? readMatrix(matrix, gathering) : gathering.text(matrix, 'strategy'),
    failFast: readFlag(field.get('fail-fast'), 'strategy', gathering) ?? true,
    ...(maxParallel === undefined ? {} : { maxParallel }),
  };
}

function readMatrix(field: Field, gathering: Gathering): Matrix {
  const axes = field.entries().filter((entry) => entry.key !== 'include' && entry.key !== 'exclude');
  const cells = (key: string) => readList<{ readonly [key: string]: Json }>(field.get(key), gathering) ?? ([] as const);
  return {
    axes: new Map(axes.map((axis) => [axis.key, readList<Json>(axis, gathering) ?? []])),
    include: cells('include'),
    exclude: cells('exclude'),
    place: field.keyPlace,
  };
}

function readList<T extends Json>(field: Field | undefined, gathering: Gathering): readonly T[] | Template | undefined {
  if (field === undefined) {
    return undefined;
  }
  if (!field.isList) {
    return gathering.text(field, 'strategy') satisfies Maybe<T>;
  }
  gatherBelow(field, gathering);
  return field.value as readonly T[];
}

/** Notes the expressions inside the values of a matrix. */
function gatherBelow(field: Field, gathering: Gathering): void {
  for (const child of [...field.items(), ...field.entries()]) {
    gatherBelow(child, gathering);
  }
  if (!field.isList && !field.isMap && holdsExpression(field.text)) {
    gathering.text(field, 'strategy');
  }
}
