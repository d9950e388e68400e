import type { Reason } from '../model/event.ts';
import { onAbort } from './stop.ts';

/** Failures another attempt would only repeat, or that were asked for. */
const final: ReadonlySet<Reason> = new Set(['expression', 'cancelled', 'fail-fast', 'host-fault', 'log-limit']);

interface Ended {
  readonly outcome: string;
  readonly reason?: Reason;
}

/**
 * Makes up to `attempts` attempts, 1-based, until one does not fail or fails for good; the last one's end counts.
 * Before each further one `between` clears up after the last and `delay` milliseconds pass, unless `signal` aborts.
 */
export async function withRetry<T extends Ended>(
  { attempts, delay }: { readonly attempts: number; readonly delay: number },
  signal: AbortSignal,
  work: (attempt: number) => Promise<T>,
  between: (ended: T) => Promise<void>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const ended = await work(attempt);
    const again = ended.outcome === 'failure' && !(ended.reason !== undefined && final.has(ended.reason));
    if (!again || attempt >= attempts || signal.aborted) {
      return ended;
    }
    await between(ended);
    await pause(delay, signal);
    if (signal.aborted) {
      return ended;
    }
  }
}

/** Waits `milliseconds`, or less when the signal aborts. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, milliseconds);
    const undo = onAbort(signal, done);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    if (milliseconds === 0) {
      undo();
      done();
    }
  });
}
