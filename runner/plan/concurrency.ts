import { ExpressionError } from '../expression/error.ts';
import type { Scope } from '../expression/scope.ts';
import { evaluateTree, placeOfTree } from '../expression/tree.ts';
import { textOf } from '../expression/value.ts';
import type { Json, Tree } from '../model/workflow.ts';
import { shown } from '../workflow/shown.ts';

/** A group of which one member runs at a time. */
export interface Concurrency {
  /** As it was written; the same in any case. */
  readonly group: string;
  /** Who comes ends who runs. */
  readonly cancelInProgress: boolean;
  /** `single`: who comes takes the place of who waits. `max`: all wait, in the order they came. */
  readonly queue: 'single' | 'max';
}

const allowed = 'a text, or a map of group, cancel-in-progress and queue';

/** What a `concurrency` comes to; `undefined` for an empty group. Throws an `ExpressionError`. */
export function concurrencyOf(tree: Tree, scope: Scope): Concurrency | undefined {
  const place = placeOfTree(tree);
  const value = evaluateTree(tree, scope);
  const given = typeof value === 'object' && value !== null ? value : { group: value };
  if (Array.isArray(given)) {
    throw new ExpressionError(`'concurrency': found ${shown(value)}; allowed: ${allowed}`, place);
  }
  const { group, 'cancel-in-progress': cancel = false, queue = 'single' } = given as { readonly [key: string]: Json };
  if (queue !== 'single' && queue !== 'max') {
    throw new ExpressionError(`'queue': found ${shown(queue)}; allowed: single, max`, place);
  }
  if (typeof group === 'object' && group !== null) {
    throw new ExpressionError(`'group': found ${shown(group)}; allowed: a text`, place);
  }
  const name = textOf(group ?? '').trim();
  const cancelInProgress = cancel === true || cancel === 'true';
  if (cancelInProgress && queue === 'max') {
    throw new ExpressionError("'queue: max' beside 'cancel-in-progress: true'; allowed: one of them", place);
  }
  return name === '' ? undefined : { group: name, cancelInProgress, queue };
}
