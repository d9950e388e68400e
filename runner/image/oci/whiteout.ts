import type { Folder, Leaf } from './image-node.ts';
import { refusedEntry } from './refused-entry.ts';

const opaque = '.wh..opq';

/** Takes out what lower layers put there; what this layer put there stays, whichever came first in it. */
export function whiteOut(parent: Folder, name: string, layer: number, entry: string): void {
  if (name === opaque) {
    for (const [child, node] of parent.children) {
      removeLower(parent, child, node, layer);
    }
    return;
  }
  if (name === '' || name === '.' || name === '..') {
    throw refusedEntry(entry, 'it takes out what has no name');
  }
  // Notes of a file system of old, which mean nothing in a layer.
  const node = name.startsWith('.wh.') ? undefined : parent.children.get(name);
  if (node !== undefined) {
    removeLower(parent, name, node, layer);
  }
}

function removeLower(parent: Folder, name: string, node: Leaf | Folder, layer: number): void {
  if (node.kind === 'leaf') {
    if (node.layer < layer) {
      parent.children.delete(name);
    }
    return;
  }
  for (const [child, below] of node.children) {
    removeLower(node, child, below, layer);
  }
  if (node.layer < layer && node.children.size === 0) {
    parent.children.delete(name);
  }
}
