import type { DispatchInput, Trigger } from '../../model/workflow.ts';
import type { Field } from '../field.ts';
import type { Gathering } from './fields.ts';
import { checkFilters } from './filters.ts';

/** The events of `on`: a name, a list of names, or a map of names and their filters. */
export function readTriggers(on: Field | undefined, gathering: Gathering): Trigger[] {
  if (on === undefined) {
    return [];
  }
  if (!on.isMap) {
    return on.oneOrMany().map((event) => ({ event: event.text, place: event.place }));
  }
  for (const event of on.entries()) {
    checkFilters(event, gathering);
  }
  return on.entries().map((event) => ({
    event: event.key,
    filters: event.value,
    ...(event.key === 'workflow_dispatch' ? { inputs: (event.get('inputs')?.entries() ?? []).map(readInput) } : {}),
    place: event.keyPlace,
  }));
}

const types = ['string', 'boolean', 'number', 'choice', 'environment'] as const;

function readInput(field: Field): DispatchInput {
  const preset = field.get('default')?.value;
  return {
    name: field.key,
    type: types.find((type) => type === field.get('type')?.text) ?? 'string',
    required: field.get('required')?.value === true,
    ...(preset === undefined || preset === null || typeof preset === 'object' ? {} : { default: preset }),
    options: (field.get('options')?.items() ?? []).map((option) => option.text),
    place: field.keyPlace,
  };
}
