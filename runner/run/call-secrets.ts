import { fillTemplate } from '../expression/evaluate.ts';
import type { Scope } from '../expression/scope.ts';
import type { PlannedCall } from '../model/plan.ts';
import type { CallArgument } from '../model/workflow.ts';
import type { Masks } from '../output/masks.ts';
import { isTemplate } from '../plan/resolve.ts';
import { StepFailure } from './ending.ts';

/** Every workflow has the token of its run, whatever it is handed. */
const always = ['GITHUB_TOKEN'];

/**
 * The secrets a called workflow may read: what its caller names, or with `inherit` all that the caller may read itself.
 * Values made for it are masked in `masks`. Throws an `ExpressionError`, or a `StepFailure` for values too large to mask.
 */
export function handedSecrets(
  { secrets, workflow }: PlannedCall['call'],
  own: ReadonlyMap<string, string>,
  scope: Scope,
  masks: Masks,
): ReadonlyMap<string, string> {
  if (secrets === 'inherit') {
    return own;
  }
  const seeing: Scope = { ...scope, contexts: { ...scope.contexts, secrets: Object.fromEntries(own) } };
  const handed = new Map([...own].filter(([name]) => always.includes(name.toUpperCase())));
  for (const given of secrets) {
    const declared = workflow.call.secrets.find(({ name }) => name.toLowerCase() === given.name.toLowerCase());
    const value = textOf(given, seeing);
    if (!masks.addBounded(value)) {
      throw new StepFailure('log-limit', `the secrets given to ${workflow.file} are too large to be hidden in logs`);
    }
    handed.set(declared?.name ?? given.name, value);
  }
  return handed;
}

function textOf({ value }: CallArgument, scope: Scope): string {
  return value !== null && isTemplate(value) ? fillTemplate(value, scope) : String(value ?? '');
}
