import type { Stop, StopReason } from './stop.ts';

/**
 * Asks `stop` for a stop after `limit` milliseconds, never when it is absent. The returned function takes it back and
 * may be called again. `left`: milliseconds of the limit that are left.
 */
export function startTimeout(
  limit: number | undefined,
  whose: 'step' | 'job',
  stop: Pick<Stop, 'now'>,
  left = limit,
): () => void {
  if (limit === undefined || left === undefined) {
    return () => {};
  }
  const why: StopReason = { reason: 'timeout', detail: `the ${whose}'s time of ${shownDuration(limit)} ran out` };
  // A longer timer than this would fire at once.
  const timer = setTimeout(() => stop.now(why), Math.min(left, 2 ** 31 - 1));
  return () => clearTimeout(timer);
}

/** Does `work` under a timeout. */
export async function withTimeout<T>(
  limit: number | undefined,
  whose: 'step' | 'job',
  stop: Pick<Stop, 'now'>,
  work: () => Promise<T>,
): Promise<T> {
  const clear = startTimeout(limit, whose, stop);
  try {
    return await work();
  } finally {
    clear();
  }
}

/** As a file writes it: `90s`, `5m`, `1h30m`, `250ms`. */
export function shownDuration(milliseconds: number): string {
  if (milliseconds % 1000 !== 0 || milliseconds === 0) {
    return `${milliseconds}ms`;
  }
  const seconds = milliseconds / 1000;
  const parts = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'm'],
    [seconds % 60, 's'],
  ] as const;
  return parts.flatMap(([count, unit]) => (count === 0 ? [] : [`${count}${unit}`])).join('');
}
