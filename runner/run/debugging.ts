import type { Plan } from '../model/plan.ts';
import type { RunServices } from './services.ts';

const name = 'ACTIONS_STEP_DEBUG';

/** Secrets that switch something on and hide nothing. */
export const openSecrets: readonly string[] = [name, 'ACTIONS_RUNNER_DEBUG'];

/** Whether steps are debugged: as on GitHub, a secret or a variable of this name says so. */
export function isDebugging(run: {
  readonly plan: Pick<Plan, 'contexts'>;
  readonly services: Pick<RunServices, 'secrets'>;
}): boolean {
  const { plan, services } = run;
  const vars = (plan.contexts.vars ?? {}) as { readonly [name: string]: unknown };
  const value = services.secrets.get(name) ?? vars[name];
  return value === '1' || isTrue(value);
}

/** Whether a value is the word `true`, in any case. */
export function isTrue(value: unknown): boolean {
  return typeof value === 'string' && value.trim().toLowerCase() === 'true';
}
