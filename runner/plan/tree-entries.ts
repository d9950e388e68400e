import { holdsExpression } from '../expression/split.ts';
import { evaluateEntry, evaluateTree, isInsert, placeOfTree } from '../expression/tree.ts';
import type { Place } from '../model/problem.ts';
import type { Json, Tree } from '../model/workflow.ts';
import { attempt, type Setting } from './resolve.ts';

/** The entries of a map, or of the object an expression gives, their values unevaluated; `undefined` for what is no map. */
export function entriesOf(tree: Tree, setting: Setting): ReadonlyMap<string, Tree> | undefined {
  if (tree.kind === 'map') {
    const entries = tree.entries.flatMap((entry): (readonly [string, Tree])[] =>
      holdsExpression(entry.key.text) || isInsert(entry.key.text)
        ? (attempt(setting, () => evaluateEntry(entry, setting.scope)) ?? []).map(([key, value]) => [
            key,
            treeOf(value, entry.key.place),
          ])
        : [[entry.key.text, entry.value]],
    );
    return new Map(entries);
  }
  const value =
    tree.kind === 'text'
      ? attempt(setting, () => evaluateTree(tree, setting.scope))
      : tree.kind === 'value'
        ? tree.value
        : undefined;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return value === null ? new Map() : undefined;
  }
  const place = placeOfTree(tree);
  return new Map(
    Object.entries(value as { readonly [key: string]: Json }).map(([key, each]) => [key, treeOf(each, place)]),
  );
}

/** A value as it is: an expression inside it is text. */
export function treeOf(value: Json | undefined, place: Place): Tree {
  return { kind: 'value', value: value ?? null, place };
}
