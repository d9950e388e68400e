import { didYouMean } from '../expression/nearest.ts';
import type { PlanContexts } from '../model/plan.ts';
import type { Problem } from '../model/problem.ts';
import type { CallInput, CallInterface, InputType } from '../model/workflow.ts';
import { enumerated } from '../workflow/shown.ts';
import { type CallInputs, callInputs } from './call-inputs.ts';

/**
 * The inputs of a workflow that only others can call, where it is run by itself: whoever runs it is its caller, with
 * texts by name. Required ones that are not given are late; with `demand` they are problems.
 */
export function aloneInputs(
  call: CallInterface,
  given: { readonly [name: string]: string },
  { github = null, vars = null }: PlanContexts,
  demand: boolean,
): CallInputs {
  const named = new Map(Object.entries(given).map(([name, text]) => [name.toLowerCase(), text]));
  const problems: Problem[] = unknownNames(call, Object.keys(given));
  const missing = call.inputs.filter(({ name, required }) => required && !named.has(name.toLowerCase()));
  if (demand) {
    problems.push(
      ...missing.map(({ name }) => ({ message: `the input '${name}' is required: --input ${name}=VALUE` })),
    );
  }
  const place = { file: '', line: 1, column: 1 };
  const inputs = call.inputs.flatMap((input) => {
    const text = named.get(input.name.toLowerCase());
    return text === undefined
      ? []
      : [{ name: input.name, value: readText(input, text, problems), place, valuePlace: place }];
  });
  const found = callInputs({ inputs, workflow: { call } }, { contexts: { github, vars } }, () => false);
  const late = new Set(missing.map(({ name }) => name.toLowerCase()));
  const known = Object.entries(found.values).filter(([name]) => !late.has(name.toLowerCase()));
  return { values: Object.fromEntries(known), late, problems: [...problems, ...found.problems] };
}

function unknownNames({ inputs }: CallInterface, names: readonly string[]): Problem[] {
  const known = inputs.map(({ name }) => name);
  const there = known.length === 0 ? 'it has no inputs' : `there are ${enumerated(known)}`;
  return names
    .filter((name) => !known.some((each) => each.toLowerCase() === name.toLowerCase()))
    .map((name) => ({
      message: `--input ${name}: workflow_call has no such input; ${there}${didYouMean(name, known)}`,
    }));
}

function readText({ name, type }: CallInput, text: string, problems: Problem[]): boolean | number | string {
  const readings: { readonly [T in InputType]: boolean | number | string | undefined } = {
    string: text,
    boolean: text === 'true' || text === 'false' ? text === 'true' : undefined,
    number: text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined,
  };
  const value = readings[type];
  if (value === undefined) {
    problems.push({
      message: `--input ${name}: found '${text}'; allowed: ${type === 'number' ? 'a number' : 'true, false'}`,
    });
  }
  return value ?? text;
}
