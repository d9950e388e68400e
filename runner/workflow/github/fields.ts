import { holdsExpression } from '../../expression/split.ts';
import { insertKey, isInsert } from '../../expression/tree.ts';
import type { Maybe, Minutes, Template } from '../../model/workflow.ts';
import type { Field } from '../field.ts';
import type { FileGathering } from '../gather.ts';

/** Milliseconds of the longest timer there is. */
const longestTimeout = 24 * 86_400_000;

/** What reading a workflow brings to light. Which contexts a text may read was looked at by GitHub's own parser. */
export type Gathering = FileGathering<'any'>;

/** A field's text where there is one. */
export function textAt(field: Field | undefined): Template | undefined {
  return field === undefined ? undefined : field.template;
}

/** The text of an `if`; an empty one is as good as none. */
export function conditionAt(field: Field | undefined): Template | undefined {
  return field === undefined || field.text.trim() === '' ? undefined : field.template;
}

/** `timeout-minutes` as milliseconds; nothing for what limits nothing, as -1 does. */
export function minutesAt(field: Field | undefined): number | Minutes | undefined {
  if (field === undefined || holdsExpression(field.text)) {
    return field === undefined ? undefined : { minutes: field.template };
  }
  const { value } = field;
  return typeof value === 'number' && value > 0 ? Math.min(Math.ceil(value * 60_000), longestTimeout) : undefined;
}

export function flagAt(field: Field | undefined, gathering: Gathering): Maybe<boolean> {
  const read = ({ value }: Field) => (typeof value === 'boolean' ? value : undefined);
  return gathering.maybe(field, 'any', read, 'true, false or an expression') ?? false;
}

/** Variables, inputs or outputs. One expression for the whole map stands under `${{ insert }}`. */
export function namedAt(field: Field | undefined): Map<string, Template> {
  if (field !== undefined && !field.isMap && field.text !== '') {
    return new Map([[insertKey, field.template]]);
  }
  const entries = field?.entries() ?? [];
  // Of several inserts each has a key of its own.
  return new Map(
    entries.map((entry, at) => [isInsert(entry.key) ? insertKey + ' '.repeat(at) : entry.key, entry.template]),
  );
}
