import { ExpressionError } from '../expression/error.ts';
import { evaluateTemplate } from '../expression/evaluate.ts';
import type { Scope } from '../expression/scope.ts';
import type { Problem } from '../model/problem.ts';
import type { Call, CalledWorkflow, CallInput, Json, Maybe, Template } from '../model/workflow.ts';
import { inputAllowed, inputValue } from '../workflow/input-type.ts';
import { shown } from '../workflow/shown.ts';
import { isTemplate } from './resolve.ts';

/** What a called workflow is given. */
export interface CallInputs {
  /** The `inputs` context, but for those that are late. */
  readonly values: { readonly [name: string]: Json };
  /** Names in lower case. */
  readonly late: ReadonlySet<string>;
  readonly problems: readonly Problem[];
}

/**
 * The inputs of a call: what its job gives, else what the called workflow presets. `scope` is the calling job's; `isLate`
 * tells the expressions that cannot be evaluated yet.
 */
export function callInputs(
  { inputs, workflow }: Pick<Call, 'inputs'> & { readonly workflow: Pick<CalledWorkflow, 'call'> },
  scope: Scope,
  isLate: (template: Template) => boolean,
): CallInputs {
  const values: { [name: string]: Json } = {};
  const late = new Set<string>();
  const problems: Problem[] = [];
  for (const input of workflow.call.inputs) {
    const given = inputs.find(({ name }) => name.toLowerCase() === input.name.toLowerCase());
    if (given !== undefined && isTemplate(given.value) && isLate(given.value)) {
      late.add(input.name.toLowerCase());
      continue;
    }
    const { github = null, vars = null } = scope.contexts;
    const found =
      given === undefined
        ? inputOf(input, input.default, { contexts: { github, vars, inputs: values } })
        : inputOf(input, given.value, scope);
    if (typeof found === 'object') {
      problems.push(found);
    } else {
      values[input.name] = found;
    }
  }
  return { values, late, problems };
}

function inputOf(
  { name, type }: CallInput,
  value: Maybe<Exclude<Json, object> | null>,
  scope: Scope,
): boolean | number | string | Problem {
  if (!isTemplate(value)) {
    // Whether a literal fits was looked at when the file was read.
    return inputValue(type, value) ?? '';
  }
  try {
    const found = evaluateTemplate(value, scope);
    const message = `'${name}': the expression gave ${shown(found)}; allowed: ${inputAllowed[type]}`;
    return inputValue(type, found) ?? { message, place: value.place };
  } catch (error) {
    if (!(error instanceof ExpressionError)) {
      throw error;
    }
    return error.problem;
  }
}
