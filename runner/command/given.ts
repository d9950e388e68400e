import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { WrongInput } from '../host/fault.ts';
import type { Problem } from '../model/problem.ts';
import type { Json } from '../model/workflow.ts';
import { secretAllowed, secretPattern } from '../workflow/names.ts';
import type { SelectOptions } from './run-options.ts';

/** `name=value` arguments over the lines of a file; throws a `WrongInput` with all that is wrong. */
export function readPairs(flag: string, args: readonly string[], file: string | undefined): Record<string, string> {
  const problems: Problem[] = [];
  const pairs = { ...(file === undefined ? {} : readEnvFile(`${flag}-file`, file)) };
  for (const arg of args) {
    const cut = arg.indexOf('=');
    if (cut < 1) {
      problems.push({ message: `${flag} ${arg}: expected name=value` });
    } else {
      pairs[arg.slice(0, cut)] = arg.slice(cut + 1);
    }
  }
  throwAll(problems);
  return pairs;
}

/** As `readPairs`; a name alone takes its value from the host's environment. */
export function readEnvironment(args: readonly string[], file: string | undefined): Record<string, string> {
  const full = args.map((arg) => (arg.includes('=') ? arg : `${arg}=${process.env[arg] ?? ''}`));
  return readPairs('--env', full, file);
}

/**
 * The secrets of a run. A name alone takes its value from the host's environment, else `ask` asks for it; without a
 * terminal to ask on, `ask` is absent and that is a problem.
 */
export async function readSecrets(
  args: readonly string[],
  file: string | undefined,
  ask?: (name: string) => Promise<string>,
): Promise<ReadonlyMap<string, string>> {
  const secrets = new Map(Object.entries(file === undefined ? {} : readEnvFile('--secret-file', file)));
  const problems: Problem[] = [...secrets.keys()].flatMap((name) => nameProblem('--secret-file', name));
  for (const arg of args) {
    const [name = '', ...rest] = arg.split('=');
    problems.push(...nameProblem('--secret', name));
    const value = rest.length > 0 ? rest.join('=') : (process.env[name] ?? (await ask?.(name)));
    if (value === undefined) {
      problems.push({ message: `--secret ${name}: it has no value here; write --secret ${name}=… or set ${name}` });
    } else {
      secrets.set(name, value);
    }
  }
  throwAll(problems);
  return secrets;
}

/** `key:value` arguments: for each key the values that are allowed. */
export function readMatrixFilter(args: readonly string[]): ReadonlyMap<string, ReadonlySet<string>> {
  const filter = new Map<string, Set<string>>();
  const problems: Problem[] = [];
  for (const arg of args) {
    const cut = arg.indexOf(':');
    if (cut < 1) {
      problems.push({ message: `--matrix ${arg}: expected key:value` });
    } else {
      const key = arg.slice(0, cut);
      filter.set(key, (filter.get(key) ?? new Set()).add(arg.slice(cut + 1)));
    }
  }
  throwAll(problems);
  return filter;
}

/** The payload of `--payload`, which act calls `--eventpath`; absent: `undefined`. Throws a `WrongInput`. */
export function readPayload(options: SelectOptions): Json | undefined {
  const [flag, file] =
    options.payload === undefined ? ['--eventpath', options.eventpath] : ['--payload', options.payload];
  if (file === undefined) {
    return undefined;
  }
  const text = readText(flag, file);
  try {
    const payload = JSON.parse(text) as Json;
    if (typeof payload === 'object' && payload !== null && !Array.isArray(payload)) {
      return payload;
    }
    throw new SyntaxError('an event is an object');
  } catch (error) {
    throw new WrongInput([{ message: `${flag} ${file}: no JSON of an event: ${(error as Error).message}` }]);
  }
}

function readEnvFile(flag: string, file: string): Record<string, string> {
  return parseEnv(readText(flag, file)) as Record<string, string>;
}

function readText(flag: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new WrongInput([{ message: `${flag} ${file}: ${(error as Error).message}` }]);
  }
}

function nameProblem(flag: string, name: string): Problem[] {
  return secretPattern.test(name)
    ? []
    : [{ message: `${flag} ${name}: no name for a secret; allowed: ${secretAllowed}` }];
}

function throwAll(problems: readonly Problem[]): void {
  if (problems.length > 0) {
    throw new WrongInput(problems);
  }
}
