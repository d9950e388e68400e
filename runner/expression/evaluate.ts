import type { Expr } from '@actions/expressions';
import { falsy } from '@actions/expressions/result';
import { causeText } from '../host/fault.ts';
import type { Json, Template } from '../model/workflow.ts';
import { ExpressionError } from './error.ts';
import { BoundedEvaluator } from './evaluator.ts';
import { functionProblem } from './functions.ts';
import { parseExpression } from './parse.ts';
import { placeInside } from './place.ts';
import { functionsOf, NeedsFiles, type Scope, statusFunctions } from './scope.ts';
import { holdsExpression, type Segment, splitTemplate } from './split.ts';
import { findUses } from './uses.ts';
import { fromData, namesData, textOf, toData, variablesData } from './value.ts';

type ExpressionSegment = Extract<Segment, { kind: 'expression' }>;

/**
 * The text with every `${{ }}` replaced by its value as text: null is '', an object `Object`, a list `Array`.
 * Throws an `ExpressionError` with the place of the first expression that fails.
 */
export function fillTemplate(template: Template, scope: Scope): string {
  return splitTemplate(template.text)
    .map((segment) => (segment.kind === 'text' ? segment.text : textOf(evaluateSegment(template, segment, scope))))
    .join('');
}

/** The value of a template that is one `${{ }}` with no more than blanks around it, in its own type; else its filled text. */
export function evaluateTemplate(template: Template, scope: Scope): Json {
  const only = onlyExpression(template);
  return only === undefined ? fillTemplate(template, scope) : evaluateSegment(template, only, scope);
}

/**
 * Whether an `if` holds. The text is an expression with or without `${{ }}`; text around a `${{ }}` makes it a text,
 * which holds unless empty. One that names no status function, and one left out, holds only under `success()`.
 */
export function evaluateCondition(template: Template | undefined, scope: Scope): boolean {
  if (template === undefined) {
    return scope.status?.success ?? true;
  }
  if (!namesStatus(template) && scope.status?.success === false) {
    return false;
  }
  const segment = conditionSegment(template);
  const value = segment === undefined ? fillTemplate(template, scope) : evaluateSegment(template, segment, scope);
  return !falsy(toData(value));
}

/** The expression a condition consists of, or `undefined` when it is text with expressions in it. */
export function conditionSegment(template: Template): ExpressionSegment | undefined {
  return !holdsExpression(template.text)
    ? { kind: 'expression', source: template.text, offset: 0, closed: true }
    : onlyExpression(template);
}

function onlyExpression(template: Template): ExpressionSegment | undefined {
  const segments = splitTemplate(template.text).filter((part) => part.kind !== 'text' || part.text.trim() !== '');
  const [first] = segments;
  return segments.length === 1 && first?.kind === 'expression' ? first : undefined;
}

function namesStatus(template: Template): boolean {
  const only = conditionSegment(template);
  return (only === undefined ? splitTemplate(template.text) : [only]).some((segment) => {
    if (segment.kind === 'text') {
      return false;
    }
    const parsed = parseExpression(segment.source);
    return 'tree' in parsed && findUses(parsed.tree).functions.some((use) => isStatus(use.name));
  });
}

function isStatus(name: string): boolean {
  return statusFunctions.includes(name.toLowerCase());
}

function evaluateSegment(template: Template, segment: ExpressionSegment, scope: Scope): Json {
  if (!segment.closed) {
    throw new ExpressionError('a ${{ that is never closed by }}', placeInside(template, segment.offset - 3, 3));
  }
  const parsed = parseExpression(segment.source);
  if (!('tree' in parsed)) {
    throw new ExpressionError(parsed.message, placeInside(template, segment.offset + parsed.offset, parsed.length));
  }
  for (const use of findUses(parsed.tree).functions) {
    const message = functionProblem(use, scope.status?.ofJobs !== undefined);
    if (message !== undefined) {
      throw new ExpressionError(message, placeInside(template, segment.offset + use.offset, use.length));
    }
  }
  return evaluateTree(template, segment, parsed.tree, parsed.names, scope);
}

function evaluateTree(
  template: Template,
  segment: ExpressionSegment,
  tree: Expr,
  names: ReadonlySet<string>,
  scope: Scope,
): Json {
  const read = new Set([...names].map((name) => name.toLowerCase()));
  const given = Object.entries(scope.contexts).filter(([name]) => read.has(name.toLowerCase()));
  const contexts = namesData({});
  for (const [name, value] of given) {
    contexts.add(name, name.toLowerCase() === 'env' ? variablesData(value) : toData(value));
  }
  for (const name of names) {
    contexts.add(name, toData(null));
  }
  try {
    return fromData(new BoundedEvaluator(tree, contexts, functionsOf(scope), scope.mostText).evaluate());
  } catch (error) {
    throwNeedsFiles(error);
    const lead = /^\s*/.exec(segment.source)?.[0].length ?? 0;
    const place = placeInside(template, segment.offset + lead, Math.max(1, segment.source.trim().length));
    throw new ExpressionError(`the expression failed: ${causeText(error)}`, place, error);
  }
}

/** The library wraps what is thrown inside an index, so the causes are looked through. */
function throwNeedsFiles(error: unknown): void {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof NeedsFiles) {
      throw cause;
    }
  }
}
