import { isAlias, isMap, isScalar, type Node } from 'yaml';
import type { PipelineDocument } from '../document.ts';

/**
 * Keys below `on.workflow_dispatch` that GitHub takes and its published grammar does not: unknown ones, which it leaves
 * alone, and inputs or an input with nothing behind the key.
 */
export function ungrammaticalDispatchKeys(document: PipelineDocument): ReadonlySet<Node> {
  const on = pairsOf(document.root, document).find(({ name }) => name === 'on');
  const dispatch = pairsOf(on?.value, document).find(({ name }) => name === 'workflow_dispatch');
  const known = pairsOf(dispatch?.value, document);
  const inputs = known.find(({ name }) => name === 'inputs');
  const empty = pairsOf(inputs?.value, document).filter(({ value }) => isNothing(value));
  const unknown = known.filter(({ name, value }) => name !== 'inputs' || isNothing(value));
  return new Set([...unknown, ...empty].map(({ key }) => key));
}

interface Pair {
  readonly name: string;
  readonly key: Node;
  readonly value: Node | undefined;
}

function pairsOf(node: Node | undefined, { targets }: PipelineDocument): Pair[] {
  if (!isMap(node)) {
    return [];
  }
  return (node.items as { key: Node; value: Node | null }[]).map(({ key, value }) => ({
    name: isScalar(key) ? String(key.value) : '',
    key,
    value: isAlias(value) ? targets.get(value) : (value ?? undefined),
  }));
}

function isNothing(value: Node | undefined): boolean {
  return value === undefined || (isScalar(value) && value.value === null);
}
