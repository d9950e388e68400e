import type { Place, Problem } from '../model/problem.ts';
import type { Template } from '../model/workflow.ts';
import { conditionSegment } from './evaluate.ts';
import { functionProblem } from './functions.ts';
import { didYouMean } from './nearest.ts';
import { parseExpression } from './parse.ts';
import { placeInside } from './place.ts';
import { allFunctions, libraryFunctions } from './scope.ts';
import { type Segment, splitTemplate } from './split.ts';
import { findUses, type Uses } from './uses.ts';

type ExpressionSegment = Extract<Segment, { kind: 'expression' }>;

/** What a key of a file lets its expressions read. The library's own functions are always allowed. */
export interface Allowed {
  readonly contexts: readonly string[];
  readonly functions: readonly string[];
  /** `success` and `failure` may name jobs that are needed, to speak of these alone. */
  readonly jobStatus?: boolean;
}

/** A context an expression of a template reads, such as `needs` with the path `build outputs x`. */
export interface Reference {
  /** In lower case. */
  readonly context: string;
  /** `undefined` where a part is computed or `*`; nothing follows that. */
  readonly path: readonly (string | undefined)[];
  readonly place: Place;
}

/** Every problem of a template's expressions: syntax, unknown contexts, unknown functions. Empty when there is none. */
export function checkTemplate(template: Template, allowed: Allowed): Problem[] {
  return expressionsOf(template).flatMap((segment) => checkSegment(template, segment, allowed));
}

/** The same for an `if`, whose text is an expression without `${{ }}` too. */
export function checkCondition(template: Template, allowed: Allowed): Problem[] {
  return conditionExpressions(template).flatMap((segment) => checkSegment(template, segment, allowed));
}

/** The contexts a template's expressions read, in lower case; broken expressions read none. */
export function contextsOf(template: Template): Set<string> {
  return new Set(referencesOf(template).map((reference) => reference.context));
}

/** What exactly a template's expressions read, in the order of the text; broken expressions read nothing. */
export function referencesOf(template: Template): Reference[] {
  return expressionsOf(template).flatMap((segment) => referencesIn(template, segment));
}

/** The same for an `if`. */
export function conditionReferences(template: Template): Reference[] {
  return conditionExpressions(template).flatMap((segment) => referencesIn(template, segment));
}

function expressionsOf(template: Template): ExpressionSegment[] {
  return splitTemplate(template.text).filter((segment) => segment.kind === 'expression');
}

function conditionExpressions(template: Template): ExpressionSegment[] {
  const only = conditionSegment(template);
  return only === undefined ? expressionsOf(template) : [only];
}

function referencesIn(template: Template, segment: ExpressionSegment): Reference[] {
  const parsed = parseExpression(segment.source);
  if (!segment.closed || !('tree' in parsed)) {
    return [];
  }
  return findUses(parsed.tree).contexts.map(({ context, path, offset, length }) => ({
    context,
    path,
    place: placeInside(template, segment.offset + offset, length),
  }));
}

function checkSegment(template: Template, segment: ExpressionSegment, allowed: Allowed): Problem[] {
  const at = (offset: number, length: number) => placeInside(template, segment.offset + offset, length);
  if (!segment.closed) {
    return [{ message: 'found ${{ without a closing }}', place: at(-3, 3) }];
  }
  const parsed = parseExpression(segment.source);
  if (!('tree' in parsed)) {
    const unknown = contextProblems(parsed.contexts, allowed.contexts);
    const failed = [...unknown, parsed].sort((a, b) => a.offset - b.offset);
    return failed.map(({ message, offset, length }) => ({ message, place: at(offset, length) }));
  }
  return checkUses(findUses(parsed.tree), allowed).map(({ message, offset, length }) => ({
    message,
    place: at(offset, length),
  }));
}

interface UseProblem {
  readonly message: string;
  readonly offset: number;
  readonly length: number;
}

function checkUses(uses: Uses, allowed: Allowed): UseProblem[] {
  const callable = [...libraryFunctions, ...allowed.functions];
  const contexts = contextProblems(uses.contexts, allowed.contexts);
  const functions = uses.functions.flatMap((use) => {
    const known = callable.some((name) => name.toLowerCase() === use.name.toLowerCase());
    const problem =
      functionProblem(use, allowed.jobStatus) ?? (known ? undefined : `${use.name}() is not available here`);
    return problem === undefined ? [] : [{ message: problem, offset: use.offset, length: use.length }];
  });
  return [...contexts, ...functions].sort((a, b) => a.offset - b.offset);
}

function contextProblems(
  uses: readonly { readonly context: string; readonly offset: number }[],
  allowed: readonly string[],
): UseProblem[] {
  return uses
    .filter(({ context }) => !allowed.includes(context))
    .map(({ context, offset }) => ({ message: contextProblem(context, allowed), offset, length: context.length }));
}

/** All contexts there are. */
export const allContexts = [
  'env',
  'github',
  'inputs',
  'job',
  'matrix',
  'needs',
  'runner',
  'secrets',
  'steps',
  'strategy',
  'vars',
];

function contextProblem(context: string, allowed: readonly string[]): string {
  const list = `available here: ${allowed.length === 0 ? 'none' : allowed.join(', ')}`;
  if (allContexts.includes(context)) {
    return `the context '${context}' is not available here; ${list}`;
  }
  const isFunction = allFunctions.some((name) => name.toLowerCase() === context);
  const hint = isFunction ? `; to call the function write ${context}()` : didYouMean(context, allContexts);
  return `unknown context '${context}'; ${list}${hint}`;
}
