import { holdsExpression } from '../../expression/split.ts';
import type { Strategy } from '../../model/workflow.ts';
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
  gatherBelow(matrix, gathering);
  return {
    matrix: matrix.tree,
    failFast: readFlag(field.get('fail-fast'), 'strategy', gathering) ?? true,
    ...(maxParallel === undefined ? {} : { maxParallel }),
  };
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
