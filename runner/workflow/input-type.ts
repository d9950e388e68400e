import { textOf } from '../expression/value.ts';
import type { InputType, Json } from '../model/workflow.ts';

/** What an input of a called workflow takes, in words. */
export const inputAllowed: { readonly [T in InputType]: string } = {
  string: 'a text',
  boolean: 'true or false, not as a text',
  number: 'a number, not as a text',
};

/**
 * A value as an input of this type has it; `undefined` where it does not fit. As on GitHub any scalar is a text, but no
 * text is a boolean or a number.
 */
export function inputValue(type: InputType, value: Json): boolean | number | string | undefined {
  if (type === 'string') {
    return value !== null && typeof value === 'object' ? undefined : textOf(value);
  }
  const fits = type === 'boolean' ? typeof value === 'boolean' : typeof value === 'number';
  return fits ? (value as boolean | number) : undefined;
}
