import type { Template } from '../model/workflow.ts';
import { secretAllowed, secretPattern } from '../workflow/names.ts';
import { resolveText, type Setting } from './resolve.ts';

/**
 * The names of a `secrets` list. Told as problems: what is no name, a name its job's list does not have, and a name
 * without a value. `listed` and `given` that are `undefined` bound nothing.
 */
export function resolveSecrets(
  templates: readonly Template[],
  listed: readonly string[] | undefined,
  given: ReadonlySet<string> | undefined,
  setting: Setting,
): string[] {
  return templates.flatMap((template) => {
    const name = resolveText(template, setting);
    if (name === undefined) {
      return [];
    }
    const message = secretFault(name, listed, given);
    if (message !== undefined) {
      setting.problems.push({ message, place: template.place });
    }
    return [name];
  });
}

function secretFault(
  name: string,
  listed: readonly string[] | undefined,
  given: ReadonlySet<string> | undefined,
): string | undefined {
  if (!secretPattern.test(name)) {
    return `'${name}' is no name for a secret; allowed: ${secretAllowed}`;
  }
  if (listed !== undefined && !listed.includes(name)) {
    return `the secret '${name}' is not in the job's list: ${listed.length === 0 ? 'it is empty' : listed.join(', ')}`;
  }
  return given === undefined || given.has(name)
    ? undefined
    : `the secret '${name}' has no value; give it with --secret ${name}=VALUE or --secret-file`;
}
