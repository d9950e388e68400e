import type { Template } from '../model/workflow.ts';
import { ExpressionError } from './error.ts';
import { evaluateTemplate, fillTemplate } from './evaluate.ts';
import type { Scope } from './scope.ts';
import { holdsExpression } from './split.ts';
import { isInsert } from './tree.ts';
import { textOf } from './value.ts';

/**
 * Names with their texts, expressions filled in, in the order of the file. A name may hold expressions itself; what stands
 * under `${{ insert }}` gives an object whose entries take its place. Throws an `ExpressionError`, for a name that comes
 * twice too.
 */
export function fillNamed(named: ReadonlyMap<string, Template>, scope: Scope): Map<string, string> {
  const filled = new Map<string, string>();
  for (const [name, template] of named) {
    for (const [key, value] of entriesOf(name, template, scope)) {
      if (filled.has(key)) {
        throw new ExpressionError(`the name '${key}' comes twice`, template.place);
      }
      filled.set(key, value);
    }
  }
  return filled;
}

function entriesOf(name: string, template: Template, scope: Scope): (readonly [string, string])[] {
  if (!isInsert(name)) {
    const key = holdsExpression(name) ? fillTemplate({ text: name, place: template.place }, scope) : name;
    return [[key, fillTemplate(template, scope)]];
  }
  const value = evaluateTemplate(template, scope);
  if (value === null || value === '') {
    return [];
  }
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new ExpressionError('the expression must give an object of names and values', template.place);
  }
  return Object.entries(value).map(([key, text]) => [key, textOf(text)]);
}
