import { didYouMean } from '../../expression/nearest.ts';
import type { Problem } from '../../model/problem.ts';
import type { Call, CallArgument, CallInterface, Maybe, Template } from '../../model/workflow.ts';
import { inputAllowed, inputValue } from '../input-type.ts';
import { enumerated, shown } from '../shown.ts';

/**
 * What is wrong with what a call hands over, once it is known what the called workflow takes. Values that are expressions
 * are looked at when they are evaluated.
 */
export function callProblems(call: Call, declared: CallInterface): Problem[] {
  return [...inputProblems(call, declared), ...secretProblems(call, declared)];
}

function inputProblems({ uses, inputs }: Call, declared: CallInterface): Problem[] {
  const missing = declared.inputs.filter(({ name, required }) => required && !has(inputs, name));
  return [
    ...missing.map(({ name }) => tellMissing('input', 'with', name, uses)),
    ...inputs.flatMap((given): Problem[] => {
      const input = declared.inputs.find(({ name }) => same(name, given.name));
      if (input === undefined) {
        return [tellUnknown('input', given, uses, declared.inputs)];
      }
      if (isTemplate(given.value) || inputValue(input.type, given.value) !== undefined) {
        return [];
      }
      const message = `'${given.name}': found ${shown(given.value)}; allowed: ${inputAllowed[input.type]}`;
      return [{ message, place: given.valuePlace }];
    }),
  ];
}

/** Who inherits is given what there is; whether that is enough is the called workflow's own business. */
function secretProblems({ uses, secrets }: Call, declared: CallInterface): Problem[] {
  if (secrets === 'inherit') {
    return [];
  }
  const missing = declared.secrets.filter(({ name, required }) => required && !has(secrets, name));
  const unknown = secrets.filter((given) => !declared.secrets.some(({ name }) => same(name, given.name)));
  return [
    ...missing.map(({ name }) => tellMissing('secret', 'secrets', name, uses)),
    ...unknown.map((given) => tellUnknown('secret', given, uses, declared.secrets)),
  ];
}

function tellMissing(kind: string, key: string, name: string, uses: Template): Problem {
  return { message: `'${uses.text}' takes the ${kind} '${name}', which '${key}' does not give`, place: uses.place };
}

function tellUnknown(
  kind: string,
  { name, place }: CallArgument,
  uses: Template,
  declared: readonly { readonly name: string }[],
): Problem {
  const names = declared.map((each) => each.name);
  const list = names.length === 0 ? `it takes no ${kind}s` : `${kind}s: ${enumerated(names)}`;
  return { message: `'${uses.text}' has no ${kind} '${name}'; ${list}${didYouMean(name, names)}`, place };
}

function has(given: readonly CallArgument[], name: string): boolean {
  return given.some((argument) => same(argument.name, name));
}

/** Names of inputs and secrets are found in any case. */
function same(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function isTemplate(value: Maybe<unknown>): value is Template {
  return typeof value === 'object' && value !== null;
}
