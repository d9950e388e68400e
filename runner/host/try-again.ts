import { setTimeout as delay } from 'node:timers/promises';

/** Thrown by work that may go better when it is tried again, after `after` milliseconds where somebody said so. */
export class TryAgain extends Error {
  readonly after: number | undefined;

  constructor(message: string, after?: number) {
    super(message);
    this.name = 'TryAgain';
    this.after = after;
  }
}

export interface Trying {
  readonly signal: AbortSignal;
  /** Milliseconds before each further try, where nobody says when: as many as there are. */
  readonly pauses: readonly number[];
  /** Told before it is waited. */
  readonly onWait?: (sentence: string) => void;
}

/** Milliseconds: who is asked to wait longer gives up. */
const longestPause = 60_000;

/**
 * Does `work` until it throws no `TryAgain` any more. The last one is thrown on, as is one that asks for more than a
 * minute. Rejects with the signal's reason when it aborts while waiting.
 */
export async function tryAgain<T>(work: () => Promise<T>, { signal, pauses, onWait }: Trying): Promise<T> {
  for (const pause of pauses) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof TryAgain) || (error.after ?? 0) > longestPause) {
        throw error;
      }
      const after = error.after ?? pause;
      onWait?.(`${error.message}: trying again${after < 1000 ? '' : ` in ${Math.ceil(after / 1000)} s`}`);
      await wait(after, signal);
    }
  }
  return await work();
}

async function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(milliseconds, undefined, { signal });
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
}
