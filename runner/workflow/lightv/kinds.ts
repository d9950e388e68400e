import { z } from 'zod';
import { durationAllowed } from '../duration.ts';
import { idPattern, imageAllowed, isolationNames } from '../names.ts';
import { bytesAllowed, cpuAllowed } from '../quantity.ts';
import { shown } from '../shown.ts';

/** Keys of every map of the grammar, by the map's name in messages. */
export const mapKeys = new Map<string, readonly string[]>();

/** Marks the message of a required key that is not there; the rest says what it takes. */
export const missing = 'MISSING ';

type Issue = { readonly code?: string | undefined; readonly input?: unknown };

function error(allowed: string) {
  return (issue: Issue): string =>
    issue.input === undefined ? missing + allowed : `found ${shown(issue.input)}; allowed: ${allowed}`;
}

/** Goes to every part of a kind, so that whichever part breaks, the one sentence is told. */
export interface Told {
  readonly error: (issue: Issue) => string;
}

/** One of several kinds, told in one sentence; what stands deeper in the kind that fits tells its own. */
export function either<const T extends readonly [z.ZodType, ...z.ZodType[]]>(
  allowed: string,
  options: (told: Told) => T,
) {
  const told = { error: error(allowed) };
  return z.union(options(told), told);
}

/** A map of the closed list of keys. `what` names it in messages: "a step". */
export function map<T extends z.ZodRawShape>(what: string, shape: T) {
  mapKeys.set(what, Object.keys(shape));
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? what : error(`${what}, which is a map`)(issue)),
  });
}

/** A map with names of the user's. */
export function named<T extends z.ZodType>(allowed: string, value: T) {
  return z.record(z.string(), value, { error: error(allowed) });
}

/** A map whose keys are ids. */
export function byId<T extends z.ZodType>(allowed: string, value: T) {
  return named(allowed, value).meta({ propertyNames: { pattern: idPattern.source } });
}

export function list<T extends z.ZodType>(allowed: string, item: T) {
  return z.array(item, { error: error(allowed) });
}

export function words<const T extends readonly [string, ...string[]]>(...options: T) {
  return z.enum(options, { error: error(options.join(', ')) });
}

/** A text that holds an expression, wherever a value of a kind may be computed. */
export function expression(told: Told) {
  return z.string(told).regex(/\$\{\{/, told);
}

/** A scalar read as text. */
export const text = either('a text', () => [z.string(), z.number(), z.boolean()]);
export const textOrNothing = either('a text, a number or a boolean', () => [
  z.string(),
  z.number(),
  z.boolean(),
  z.null(),
]);
export const texts = either('a text or a list of texts', () => [text, list('a list of texts', text)]);
export const anything = z.json();

export const flag = either('true, false or an expression', (told) => [z.boolean(), expression(told)]);
export const count = either('a whole number from 1 to 1000 or an expression', (told) => [
  z.int(told).min(1, told).max(1000, told),
  expression(told),
]);
export const duration = either(`${durationAllowed}, or an expression`, (told) => [
  z.string(told).regex(/^(?=\d)(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?$/, told),
  expression(told),
]);
export const bytes = either(`${bytesAllowed}, or an expression`, (told) => [
  z.string(told).regex(/^(\d+(\.\d+)?|\.\d+)(k|M|G|T|Ki|Mi|Gi|Ti)?$/, told),
  z.int(told).min(1, told),
  expression(told),
]);
export const cpus = either(`${cpuAllowed}, or an expression`, (told) => [
  z.string(told).regex(/^(\d+(\.\d+)?|\.\d+)m?$/, told),
  z.number(told).min(0.001, told),
  expression(told),
]);
export const image = either(imageAllowed, (told) => [z.string(told)]);
export const isolation = either(`${isolationNames.join(', ')} or an expression`, (told) => [
  z.enum(isolationNames as ['auto'], told),
  expression(told),
]);
export const machine = either('fresh, auto, kept or an expression', (told) => [
  z.enum(['fresh', 'auto', 'kept'], told),
  expression(told),
]);
export const network = either('none, full, an expression or a map with the key allow', (told) => [
  z.enum(['none', 'full'], told),
  expression(told),
  map('a network', { allow: list('a list of host:port', text) }),
]);
