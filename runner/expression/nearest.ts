/** The closest of `candidates` to a misspelt word, or `undefined` when none is close; ties go to the earlier one. */
function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const bound = word.length < 3 ? 0 : Math.floor(word.length / 3);
  let best: { candidate: string; distance: number } | undefined;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase(), bound);
    if (distance <= bound && (best === undefined || distance < best.distance)) {
      best = { candidate, distance };
    }
  }
  return best?.candidate;
}

/** `; did you mean 'x'?` for a sentence's end, or nothing. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const few = [...candidates].slice(0, 200);
  const near = word.length > 100 ? undefined : nearest(word, few);
  return near === undefined ? '' : `; did you mean '${near}'?`;
}

/** Insertions, deletions, replacements and swaps of neighbours; anything above `bound` may come back as `bound + 1`. */
function editDistance(from: string, to: string, bound: number): number {
  if (Math.abs(from.length - to.length) > bound) {
    return bound + 1;
  }
  let before: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1] ? 0 : 1;
      let cost = Math.min(at(previous, column) + 1, at(current, column - 1) + 1, at(previous, column - 1) + same);
      if (row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]) {
        cost = Math.min(cost, at(before, column - 2) + 1);
      }
      current.push(cost);
    }
    before = previous;
    previous = current;
  }
  return at(previous, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
