import { setMaxListeners } from 'node:events';
import type { Reason } from '../model/event.ts';

/** Why something was told to stop. */
export interface StopReason {
  readonly reason: Extract<Reason, 'timeout' | 'cancelled' | 'fail-fast' | 'host-fault'>;
  /** One sentence for a person. */
  readonly detail: string;
}

/** A stop that is asked for at most once: the first reason is the one reported. */
export class Stop {
  readonly #controller = new AbortController();
  #why: StopReason | undefined;

  constructor() {
    // Every job and step listens to the run's.
    setMaxListeners(0, this.#controller.signal);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get why(): StopReason | undefined {
    return this.#why;
  }

  now(why: StopReason): void {
    if (this.#why === undefined) {
      this.#why = why;
      this.#controller.abort(new Stopped(why));
    }
  }
}

/** The reason a stop's signal aborts with. */
export class Stopped extends Error {
  readonly why: StopReason;

  constructor(why: StopReason) {
    super(why.detail);
    this.name = 'Stopped';
    this.why = why;
  }
}

/** Calls `listener` when the signal aborts, at once when it has; the returned function takes it back. */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  if (signal.aborted) {
    listener();
    return () => {};
  }
  signal.addEventListener('abort', listener, { once: true });
  return () => signal.removeEventListener('abort', listener);
}

/** What `work` gives, or the signal's reason when it aborts first; the work itself goes on. */
export async function orAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let undo = () => {};
  const aborted = new Promise<never>((_, reject) => {
    undo = onAbort(signal, () => reject(signal.reason));
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    undo();
  }
}

/** Stops `stop` when another is stopped, unless it may go on then; the returned function takes it back. */
export function follow(stop: Stop, other: Stop, goesOn: () => boolean = () => false): () => void {
  return onAbort(other.signal, () => {
    if (other.why !== undefined && !goesOn()) {
      stop.now(other.why);
    }
  });
}
