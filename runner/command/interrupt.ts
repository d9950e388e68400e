/** Stops a run from the keyboard: the first signal asks, the second insists. */
export interface Interrupt {
  readonly signal: AbortSignal;
  /** Whether a signal came, as against `stop` having been called. */
  readonly asked: boolean;
  /** Stops it as the first signal would, without a word. */
  stop(): void;
  /** Listens no longer. */
  close(): void;
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * The first SIGINT, SIGTERM or SIGHUP aborts `signal` and says so through `tell`; the next calls `kill`, which ends
 * everything this process has started, and leaves at once with exit code 130.
 */
export function listenForInterrupt(tell: (text: string) => void, kill: () => void): Interrupt {
  const controller = new AbortController();
  let asked = false;
  const interrupted = (name: NodeJS.Signals) => {
    if (!asked) {
      asked = true;
      tell(`${name}: cancelling and cleaning up; once more kills everything now`);
      controller.abort();
      return;
    }
    try {
      kill();
    } finally {
      process.exit(130);
    }
  };
  for (const name of signals) {
    process.on(name, interrupted);
  }
  return {
    signal: controller.signal,
    get asked() {
      return asked;
    },
    stop: () => controller.abort(),
    close() {
      for (const name of signals) {
        process.removeListener(name, interrupted);
      }
    },
  };
}

/**
 * Notes that a signal came, for what goes on between runs: from now on none of them ends this process by itself. `close`
 * gives them back.
 */
export function noteInterrupt(): { readonly signal: AbortSignal; close(): void } {
  const controller = new AbortController();
  const note = () => controller.abort();
  for (const name of signals) {
    process.on(name, note);
  }
  return {
    signal: controller.signal,
    close() {
      for (const name of signals) {
        process.removeListener(name, note);
      }
    },
  };
}
