import type { ContainerOptions } from '../../model/container.ts';
import { commandWords } from '../command-words.ts';
import { flags, indifferent, indifferentFlags, longName, type Taken, withValue } from './container-option.ts';

/** `options` of a container, and a sentence for each that cannot be honoured. */
export interface ReadOptions {
  readonly options: ContainerOptions;
  readonly problems: readonly string[];
}

const honoured = [...withValue.keys(), ...flags.keys()].sort().join(', ');
const none: ContainerOptions = { env: [], volumes: [], hosts: [] };

/** Reads what stands in `options` of a container, which is a piece of Docker's command line. */
export function readContainerOptions(text: string): ReadOptions {
  const left = commandWords(text);
  if (left === undefined) {
    return { options: none, problems: ["'options' opens a quote and never closes it"] };
  }
  let options = none;
  const problems: string[] = [];
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    const taken = readOption(word, left, options);
    if (typeof taken === 'string') {
      problems.push(taken);
    } else {
      options = { ...options, ...taken };
    }
  }
  return { options, problems };
}

/** One option and, where it takes one, its value, which may be the next word. */
function readOption(word: string, left: string[], sofar: ContainerOptions): Taken {
  const { name, value } = splitOption(word);
  if (!name.startsWith('-')) {
    return `'options' holds '${word}', which is no option`;
  }
  const flag = flags.get(name) ?? (indifferentFlags.includes(name) ? () => ({}) : undefined);
  if (flag !== undefined) {
    return flag(value ?? 'true', sofar);
  }
  const take = withValue.get(name) ?? (indifferent.includes(name) ? () => ({}) : undefined);
  if (take === undefined) {
    // What follows an option that nobody knows is most likely its value.
    if (value === undefined && left[0]?.startsWith('-') === false) {
      left.shift();
    }
    return `the option ${name} cannot be honoured; these are: ${honoured}`;
  }
  const given = value ?? left.shift();
  const taken = given === undefined ? 'it takes a value' : take(given, sofar);
  return typeof taken === 'string' ? `the option ${name}: ${taken}` : taken;
}

/** `--name=value`, `--name`, `-n`, `-nvalue` and `-n=value`, by the long name. */
function splitOption(word: string): { readonly name: string; readonly value?: string } {
  if (word.startsWith('--')) {
    const [name = '', ...rest] = word.split('=');
    return rest.length === 0 ? { name } : { name, value: rest.join('=') };
  }
  const name = longName(word.slice(0, 2));
  const value = word.slice(2).replace(/^=/, '');
  return value === '' ? { name } : { name, value };
}
