/**
 * Does `work` for each item, at most `most` at once. When one fails the rest is not begun and what is going on is
 * aborted and waited for; the first failure is thrown.
 */
export async function eachOf<T>(
  items: readonly T[],
  most: number,
  outer: AbortSignal,
  work: (item: T, index: number, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const signal = AbortSignal.any([outer, failed.signal]);
  const todo = items.entries();
  const worker = async () => {
    for (const [index, item] of todo) {
      signal.throwIfAborted();
      await work(item, index, signal);
    }
  };
  const ends = await Promise.allSettled(
    Array.from({ length: Math.min(most, items.length) }, async () => {
      try {
        await worker();
      } catch (error) {
        failed.abort(error);
        throw error;
      }
    }),
  );
  if (ends.some(({ status }) => status === 'rejected')) {
    throw signal.reason;
  }
}
