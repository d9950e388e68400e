import { holdsExpression } from '../../expression/split.ts';
import type { Call, CallArgument } from '../../model/workflow.ts';
import type { Field } from '../field.ts';
import type { Gathering } from './fields.ts';
import { workflowReference } from './workflow-reference.ts';

/** What a job with `uses` calls; `undefined`, with a problem told, where that names no workflow. */
export function readCall(job: Field, gathering: Gathering): Call | undefined {
  const uses = job.get('uses');
  if (uses === undefined) {
    return undefined;
  }
  const reference = holdsExpression(uses.text)
    ? `'uses' of a job: found '${uses.text}'; an expression cannot name a workflow`
    : workflowReference(uses.text);
  if (typeof reference === 'string') {
    gathering.tell(uses, reference);
    return undefined;
  }
  const secrets = job.get('secrets');
  return {
    uses: uses.template,
    reference,
    inputs: argumentsIn(job.get('with')),
    secrets: secrets?.text === 'inherit' ? 'inherit' : argumentsIn(secrets),
  };
}

/** Literals keep the type they have in the file. */
function argumentsIn(field: Field | undefined): CallArgument[] {
  return (field?.entries() ?? []).map((entry) => {
    const { value } = entry;
    const known = value === null || typeof value === 'boolean' || typeof value === 'number';
    return {
      name: entry.key,
      value: known ? value : holdsExpression(entry.text) ? entry.template : entry.text,
      place: entry.keyPlace,
      valuePlace: entry.place,
    };
  });
}
