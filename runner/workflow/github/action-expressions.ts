import { type Allowed, checkCondition, checkTemplate } from '../../expression/check.ts';
import { statusFunctions } from '../../expression/scope.ts';
import type { Problem } from '../../model/problem.ts';
import type { Field } from '../field.ts';

/** What an action may read, by GitHub's grammar of `action.yml`: nothing of its caller's secrets, variables and needs. */
const outside = ['github', 'job', 'matrix', 'runner', 'strategy'];
const ofInput: Allowed = { contexts: outside, functions: ['hashFiles'] };
const ofOutput: Allowed = { contexts: [...outside, 'env', 'inputs', 'steps'].sort(), functions: [] };
const ofStep: Allowed = { contexts: ofOutput.contexts, functions: ['hashFiles'] };
const ofCondition: Allowed = { contexts: ofOutput.contexts, functions: [...statusFunctions, 'hashFiles'] };

/** Keys of a step whose texts, or the texts in them, may hold expressions. */
const keys = ['name', 'run', 'shell', 'working-directory', 'continue-on-error', 'env', 'with'];

/** Every problem of the expressions of an `action.yml`. */
export function actionExpressionProblems(root: Field): Problem[] {
  const presets = (root.get('inputs')?.entries() ?? []).flatMap((input) => input.get('default') ?? []);
  const values = (root.get('outputs')?.entries() ?? []).flatMap((output) => output.get('value') ?? []);
  const steps = root.get('runs')?.get('steps')?.items() ?? [];
  return [
    ...presets.flatMap((preset) => checkTemplate(preset.template, ofInput)),
    ...values.flatMap((value) => checkTemplate(value.template, ofOutput)),
    ...steps.flatMap(stepProblems),
  ];
}

function stepProblems(step: Field): Problem[] {
  const condition = step.get('if');
  const texts = keys
    .flatMap((key) => step.get(key) ?? [])
    .flatMap((field) => (field.isMap ? field.entries() : [field]));
  return [
    ...(condition === undefined ? [] : checkCondition(condition.template, ofCondition)),
    ...texts.flatMap((text) => checkTemplate(text.template, ofStep)),
  ];
}
