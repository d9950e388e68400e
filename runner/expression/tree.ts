import type { Place } from '../model/problem.ts';
import type { Json, Template, Tree, TreeEntry } from '../model/workflow.ts';
import { ExpressionError } from './error.ts';
import { evaluateTemplate, fillTemplate } from './evaluate.ts';
import type { Scope } from './scope.ts';
import { holdsExpression } from './split.ts';

/** The key whose value gives an object of entries. */
export const insertKey = '${{ insert }}';

/** A key that stands for the entries of the object behind it. */
const insertPattern = /^\s*\$\{\{\s*insert\s*\}\}\s*$/;

/** Whether a key is `${{ insert }}`. */
export function isInsert(key: string): boolean {
  return insertPattern.test(key);
}

/** The value of a tree, every expression in it evaluated. Throws an `ExpressionError` for the first that fails. */
export function evaluateTree(tree: Tree, scope: Scope): Json {
  switch (tree.kind) {
    case 'value':
      return tree.value;
    case 'text':
      return evaluateTemplate(tree.template, scope);
    case 'list':
      return tree.items.map((item) => evaluateTree(item, scope));
    case 'map':
      return Object.fromEntries(tree.entries.flatMap((entry) => evaluateEntry(entry, scope)));
  }
}

/** The entries that one of a map stands for. */
export function evaluateEntry({ key, value }: TreeEntry, scope: Scope): (readonly [string, Json])[] {
  const given = evaluateTree(value, scope);
  if (!isInsert(key.text)) {
    return [[holdsExpression(key.text) ? fillTemplate(key, scope) : key.text, given]];
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new ExpressionError('what is inserted must be an object', placeOfTree(value));
  }
  return Object.entries(given as { readonly [key: string]: Json });
}

/** Every text of a tree that holds an expression, keys among them, in the order of the file. */
export function templatesOf(tree: Tree): Template[] {
  switch (tree.kind) {
    case 'value':
      return [];
    case 'text':
      return [tree.template];
    case 'list':
      return tree.items.flatMap(templatesOf);
    case 'map':
      return tree.entries.flatMap(({ key, value }) => [
        ...(holdsExpression(key.text) && !isInsert(key.text) ? [key] : []),
        ...templatesOf(value),
      ]);
  }
}

export function placeOfTree(tree: Tree): Place {
  return tree.kind === 'text' ? tree.template.place : tree.place;
}
