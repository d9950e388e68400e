import type { Field } from '../field.ts';
import { patternFault } from '../filter-pattern.ts';
import type { Gathering } from './fields.ts';

/** Kinds of filters, each with a twin that leaves out what it names. */
const kinds = ['branches', 'tags', 'paths'];

/** Tells filters of an event that exclude each other, and patterns that are none. */
export function checkFilters(event: Field, gathering: Gathering): void {
  for (const kind of kinds) {
    const [filter, twin] = [event.get(kind), event.get(`${kind}-ignore`)];
    if (filter !== undefined && twin !== undefined) {
      const message = `'${twin.key}' beside '${kind}'; allowed: one of them, where '!' before a pattern leaves out what it means`;
      gathering.problems.push({ message, place: twin.keyPlace });
    }
    for (const pattern of filter?.oneOrMany() ?? []) {
      tellFault(pattern, pattern.text.replace(/^!/, ''), gathering);
    }
    for (const pattern of twin?.oneOrMany() ?? []) {
      tellFault(pattern, pattern.text, gathering);
    }
  }
}

function tellFault(field: Field, pattern: string, gathering: Gathering): void {
  const fault = patternFault(pattern);
  if (fault !== undefined) {
    gathering.tell(field, `the pattern '${field.text}' ${fault}`);
  }
}
