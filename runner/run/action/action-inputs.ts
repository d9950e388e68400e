import { fillTemplate } from '../../expression/evaluate.ts';
import { fillNamed } from '../../expression/named.ts';
import type { Scope } from '../../expression/scope.ts';
import type { ActionDefinition, ActionInput } from '../../model/action.ts';
import type { ActionWork } from '../../model/workflow.ts';
import type { Frame } from '../frame.ts';
import type { OpenedAction } from './action-folder.ts';

/** What every action that is an image takes besides. */
const ofContainers = ['args', 'entrypoint'];

/** What an action is given. */
export interface ActionInputs {
  /** By their names in lower case, those with a default included. */
  readonly values: ReadonlyMap<string, string>;
  /** Sentences worth a warning. */
  readonly warnings: readonly string[];
}

/** Works out the inputs of an action; what the step gives wins over defaults. Throws an `ExpressionError`. */
export function actionInputs({ inputs }: ActionWork, { definition, name }: OpenedAction, scope: Scope): ActionInputs {
  const given = [...fillNamed(inputs, scope)].map(([key, value]) => [key.toLowerCase(), value] as const);
  const values = new Map<string, string>();
  for (const [key, input] of definition.inputs) {
    values.set(key, input.default === undefined ? '' : fillTemplate(input.default, scope));
  }
  const also = definition.runs.kind === 'docker' ? ofContainers : [];
  const unknown = given.map(([key]) => key).filter((key) => !definition.inputs.has(key) && !also.includes(key));
  const old = given.flatMap(([key]) => definition.inputs.get(key)?.deprecation ?? []);
  for (const [key, value] of given) {
    values.set(key, value);
  }
  const known = [...definition.inputs.keys()];
  const warnings = [
    ...unknown.map(
      (key) => `${name} has no input '${key}'; there are ${known.length === 0 ? 'none' : known.join(', ')}`,
    ),
    ...old.map((text) => `${name}: ${text}`),
    ...withoutToken(definition, values).map(
      (key) => `${name} takes github.token for its input '${key}', and there is none: '-s GITHUB_TOKEN' gives one`,
    ),
  ];
  return { values, warnings };
}

/** Inputs that are empty because their default reads a token that nobody gave. */
function withoutToken({ inputs }: ActionDefinition, values: ReadonlyMap<string, string>): string[] {
  const takes = ({ default: preset }: ActionInput) => /\bgithub\s*\.\s*token\b/i.test(preset?.text ?? '');
  return [...inputs].flatMap(([key, input]) => (values.get(key) === '' && takes(input) ? [key] : []));
}

/** The variables that tell an action what it is given, and where it comes from. */
export function actionVariables(
  { variables }: Pick<Frame, 'variables'>,
  {
    inputs,
    repository,
    ref,
  }: Pick<OpenedAction, 'repository' | 'ref'> & { readonly inputs: ReadonlyMap<string, string> },
): Record<string, string> {
  const origin = { GITHUB_ACTION_REPOSITORY: repository ?? '', GITHUB_ACTION_REF: ref ?? '' };
  return {
    ...variables,
    ...inputVariables(inputs),
    ...(repository === undefined || ref === undefined ? {} : origin),
  };
}

/** As variables: `INPUT_` and the name in upper case, blanks as underscores; hyphens stay. */
function inputVariables(values: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries(
    [...values].map(([key, value]) => [`INPUT_${key.toUpperCase().replaceAll(' ', '_')}`, value]),
  );
}
