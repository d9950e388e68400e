import { holdsExpression } from '../../expression/split.ts';
import type { Problem } from '../../model/problem.ts';
import type { Job, Template } from '../../model/workflow.ts';
import type { Field } from '../field.ts';
import { secretAllowed, secretPattern } from '../names.ts';
import type { Gathering } from './gather.ts';

/** A `secrets` list; names that are no names are told. */
export function readSecrets(field: Field | undefined, gathering: Gathering): Template[] {
  return (field?.items() ?? []).map((item) => {
    if (!holdsExpression(item.text) && !secretPattern.test(item.text)) {
      gathering.tell(item, `'${item.text}' is no name for a secret; allowed: ${secretAllowed}`);
    }
    return gathering.text(item, 'machine');
  });
}

/** Secrets that steps name and their job's list does not have, where both are known from the file. */
export function unlistedSecrets(job: Job): Problem[] {
  const { secrets } = job;
  if (secrets === undefined || secrets.some((secret) => holdsExpression(secret.text))) {
    return [];
  }
  const names = secrets.map((secret) => secret.text);
  const list = names.length === 0 ? 'which is empty' : `which has ${names.join(', ')}`;
  return job.steps.flatMap((step) =>
    step.secrets
      .filter((secret) => !holdsExpression(secret.text) && !names.includes(secret.text))
      .map((secret) => ({
        message: `the secret '${secret.text}' is not in the list of job '${job.id}', ${list}`,
        place: secret.place,
      })),
  );
}
