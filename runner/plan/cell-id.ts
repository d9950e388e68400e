import { textOf } from '../expression/value.ts';
import type { Json } from '../model/workflow.ts';
import type { Cell } from './matrix.ts';

/** Longest id of a cell; what is above ends in `...`, as GitHub cuts it. */
const maxLength = 100;

/**
 * `id (a, b)` from the leaves of a cell's values in their order: objects and lists give their leaves, null and empty text
 * nothing. Blanks and control characters of a value become single spaces, so an id is one line.
 */
export function cellId(jobId: string, naming: Cell): string {
  const leaves = leavesOf(naming).map((leaf) => leaf.replace(/[\s\p{Cc}]+/gu, ' ').trim());
  const segments = leaves.filter((leaf) => leaf !== '');
  if (segments.length === 0) {
    return jobId;
  }
  const id = `${jobId} (${segments.join(', ')})`;
  return id.length <= maxLength ? id : `${cutWell(id, maxLength - 3)}...`;
}

/** Makes ids unique in their order: the second of a kind gets ` #2`. */
export function uniqueIds(ids: readonly string[]): string[] {
  const taken = new Set<string>();
  return ids.map((id) => {
    let unique = id;
    for (let count = 2; taken.has(unique); count += 1) {
      unique = `${id} #${count}`;
    }
    taken.add(unique);
    return unique;
  });
}

function leavesOf(value: Json): string[] {
  if (value === null) {
    return [];
  }
  return typeof value === 'object' ? Object.values(value).flatMap(leavesOf) : [textOf(value)];
}

/** Cuts without leaving half of a surrogate pair. */
function cutWell(text: string, length: number): string {
  const cut = text.slice(0, length);
  return /[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut;
}
