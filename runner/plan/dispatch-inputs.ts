import { didYouMean } from '../expression/nearest.ts';
import { numberText } from '../expression/number-text.ts';
import type { Problem } from '../model/problem.ts';
import type { DispatchInput, Json } from '../model/workflow.ts';
import { enumerated } from '../workflow/shown.ts';

/** What a run that somebody starts is given. */
export interface DispatchValues {
  /** The `inputs` context: booleans and numbers are such. */
  readonly inputs: { readonly [name: string]: Json };
  /** `github.event.inputs`: texts all of them. */
  readonly event: { readonly [name: string]: string };
  readonly problems: readonly Problem[];
}

/**
 * Values for the inputs that `workflow_dispatch` declares, from texts by their names (found in any case) and defaults.
 * `demand`: one that is required and has neither is a problem.
 */
export function dispatchValues(
  declared: readonly DispatchInput[],
  given: { readonly [name: string]: string },
  demand: boolean,
): DispatchValues {
  const problems: Problem[] = unknownNames(declared, Object.keys(given));
  const named = new Map(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]));
  const inputs: { [name: string]: Json } = {};
  const event: { [name: string]: string } = {};
  for (const input of declared) {
    const text = named.get(input.name.toLowerCase());
    const value = text === undefined ? presetOf(input, demand, problems) : readInput(input, text, problems);
    inputs[input.name] = value;
    event[input.name] = typeof value === 'number' ? numberText(value) : String(value);
  }
  return { inputs, event, problems };
}

function unknownNames(declared: readonly DispatchInput[], names: readonly string[]): Problem[] {
  const known = declared.map(({ name }) => name);
  return names
    .filter((name) => !known.some((each) => each.toLowerCase() === name.toLowerCase()))
    .map((name) => {
      const there =
        known.length === 0 ? 'it has no inputs' : `there are ${enumerated(known)}${didYouMean(name, known)}`;
      return { message: `--input ${name}: workflow_dispatch has no such input; ${there}` };
    });
}

function presetOf(input: DispatchInput, demand: boolean, problems: Problem[]): boolean | number | string {
  if (input.default !== undefined) {
    return input.default;
  }
  if (input.required && demand) {
    const message = `the input '${input.name}' is required and has no default; give it with --input ${input.name}=VALUE`;
    problems.push({ message, place: input.place });
  }
  return input.type === 'boolean' ? false : '';
}

function readInput(input: DispatchInput, text: string, problems: Problem[]): boolean | number | string {
  const { name, type, options } = input;
  const wrong = (allowed: string) => {
    problems.push({ message: `--input ${name}: found '${text}'; allowed: ${allowed}` });
    return text;
  };
  switch (type) {
    case 'boolean':
      return text === 'true' || text === 'false' ? text === 'true' : wrong('true, false');
    case 'number':
      return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : wrong('a number');
    case 'choice':
      return options.includes(text) ? text : wrong(`${enumerated(options)}${didYouMean(text, options)}`);
    default:
      return input.required && text === '' ? wrong('a text that is not empty') : text;
  }
}
