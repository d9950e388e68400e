import { ExpressionError } from '../expression/error.ts';
import { evaluateTemplate, fillTemplate } from '../expression/evaluate.ts';
import type { Scope } from '../expression/scope.ts';
import type { Problem } from '../model/problem.ts';
import type { Json, Maybe, Template } from '../model/workflow.ts';
import { shown } from '../workflow/shown.ts';

/** What values are resolved against, and where their problems go. */
export interface Setting {
  readonly scope: Scope;
  readonly problems: Problem[];
}

/** How the value of an expression becomes what its key holds; `undefined` where it cannot. */
export interface Reading<T> {
  readonly read: (value: Json) => T | undefined;
  readonly allowed: string;
}

export function isTemplate<T>(value: Maybe<T>): value is Template {
  return typeof value === 'object' && value !== null && 'text' in value && 'place' in value;
}

/** A value that is known or is evaluated now; `undefined`, with a problem told, when that fails or does not fit. */
export function resolve<T>(value: Maybe<T> | undefined, reading: Reading<T>, setting: Setting): T | undefined {
  if (value === undefined || !isTemplate(value)) {
    return value;
  }
  const found = attempt(setting, () => evaluateTemplate(value, setting.scope));
  if (found === undefined) {
    return undefined;
  }
  const result = reading.read(found);
  if (result === undefined) {
    const message = `the expression gave ${shown(found)}; allowed: ${reading.allowed}`;
    setting.problems.push({ message, place: value.place });
  }
  return result;
}

/** A template's text; `undefined`, with a problem told, when it fails. */
export function resolveText(template: Template, setting: Setting): string | undefined {
  return attempt(setting, () => fillTemplate(template, setting.scope));
}

/** Runs an evaluation and turns its failure into a problem; anything but a failed expression is thrown on. */
export function attempt<T>(setting: Setting, evaluate: () => T): T | undefined {
  try {
    return evaluate();
  } catch (error) {
    if (!(error instanceof ExpressionError)) {
      throw error;
    }
    setting.problems.push(error.problem);
    return undefined;
  }
}
