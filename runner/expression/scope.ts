import { data } from '@actions/expressions';
import type { FunctionDefinition } from '@actions/expressions/funcs/info';
import JSON5 from 'json5';
import type { Json } from '../model/workflow.ts';
import { toData } from './value.ts';

/** How things stand, for the status functions. */
export interface Status {
  readonly success: boolean;
  readonly failure: boolean;
  readonly cancelled: boolean;
  /** The same about some of the jobs that are needed, for `success('a', 'b')`; without it no job can be named. */
  readonly ofJobs?: (ids: readonly string[]) => { readonly success: boolean; readonly failure: boolean };
}

/** What an expression is evaluated over. A context that is not given reads as null. */
export interface Scope {
  /** By name, found in any case. */
  readonly contexts: { readonly [name: string]: Json };
  /** What `success()`, `failure()` and `cancelled()` say; without it they are an error. */
  readonly status?: Status;
  /**
   * The digest of the files that match, '' when none does. Expressions are evaluated synchronously: a caller that has to
   * ask a guest throws `NeedsFiles` here, finds the digest out, and evaluates again; see `NeedsFiles`.
   */
  readonly hashFiles?: (patterns: readonly string[]) => string;
  /** Characters that the texts made by one expression's functions may have together; 5 Mi when left out. */
  readonly mostText?: number;
}

/**
 * Thrown out of an evaluation by a `Scope.hashFiles` that does not know a digest yet, and passed on as it is. The caller
 * computes the digest of `patterns`, keeps it, and evaluates again; each pass asks for one more digest.
 */
export class NeedsFiles extends Error {
  readonly patterns: readonly string[];

  constructor(patterns: readonly string[]) {
    super(`the digest of ${patterns.join(', ')} is not known yet`);
    this.name = 'NeedsFiles';
    this.patterns = patterns;
  }
}

/** Functions GitHub's library brings itself. */
export const libraryFunctions = ['case', 'contains', 'endsWith', 'format', 'fromJSON', 'join', 'startsWith', 'toJSON'];

/** Functions that make a condition decide by itself whether it runs after a failure. */
export const statusFunctions = ['always', 'cancelled', 'failure', 'success'];

/** All functions there are, by their names as written in documentation. */
export const allFunctions = [...libraryFunctions, ...statusFunctions, 'hashFiles'].sort();

/** The functions the library leaves to its user, over a scope; their names are lower-case. */
export function functionsOf(scope: Scope): Map<string, FunctionDefinition> {
  const { status } = scope;
  const told =
    (name: 'success' | 'failure' | 'cancelled') =>
    (...jobs: data.ExpressionData[]) => {
      if (status === undefined) {
        throw new Error(`${name}() is not available here`);
      }
      const named =
        jobs.length === 0 || name === 'cancelled' ? status : status.ofJobs?.(jobs.map((job) => job.coerceString()));
      return new data.BooleanData(named?.[name as 'success'] ?? false);
    };
  return new Map([
    define('always', 0, 0, () => new data.BooleanData(true)),
    define('success', 0, 255, told('success')),
    define('failure', 0, 255, told('failure')),
    define('cancelled', 0, 0, told('cancelled')),
    define('hashfiles', 1, 255, (...args) => hashFiles(scope, args)),
    define('fromjson', 1, 1, (value) => fromJson(value)),
  ]);
}

function define(
  name: string,
  minArgs: number,
  maxArgs: number,
  call: FunctionDefinition['call'],
): [string, FunctionDefinition] {
  return [name, { name, minArgs, maxArgs, call }];
}

function hashFiles(scope: Scope, args: readonly data.ExpressionData[]): data.ExpressionData {
  if (scope.hashFiles === undefined) {
    throw new Error('hashFiles() is not available here');
  }
  return new data.StringData(scope.hashFiles(args.map((argument) => argument.coerceString())));
}

/** In place of the library's, whose error names no cause and which runs out of stack on long lists. */
function fromJson(value: data.ExpressionData | undefined): data.ExpressionData {
  const text = value?.coerceString() ?? '';
  try {
    return toData(parseJson(text));
  } catch (error) {
    throw new Error(
      text.trim() === '' ? 'fromJSON was given an empty text' : 'fromJSON was given a text that is not JSON',
      { cause: error },
    );
  }
}

/** GitHub's own reader of JSON lets pass what people write by hand: single quotes, bare names, comments, commas at an end. */
function parseJson(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return JSON5.parse<Json>(text);
  }
}
