import { holdsExpression } from '../../expression/split.ts';
import type { Strategy, Template } from '../../model/workflow.ts';
import type { Field } from '../field.ts';
import type { Gathering } from './fields.ts';

export function readStrategy(field: Field | undefined, gathering: Gathering): Strategy | Template | undefined {
  if (field === undefined || !field.isMap) {
    return field !== undefined && holdsExpression(field.text) ? field.template : undefined;
  }
  const matrix = field.get('matrix');
  const count = ({ value }: Field) => (typeof value === 'number' ? value : undefined);
  const flag = ({ value }: Field) => (typeof value === 'boolean' ? value : undefined);
  const maxParallel = gathering.maybe(field.get('max-parallel'), 'any', count, 'a number or an expression');
  return {
    ...(matrix === undefined ? {} : { matrix: matrix.tree }),
    failFast: gathering.maybe(field.get('fail-fast'), 'any', flag, 'true, false or an expression') ?? true,
    ...(maxParallel === undefined ? {} : { maxParallel }),
  };
}
