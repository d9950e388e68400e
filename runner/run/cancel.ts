import { onAbort, Stop, type StopReason } from './stop.ts';

/**
 * How one job is told to stop. `asked` comes first: steps whose condition does not hold any more end, those with
 * `always()` or `cancelled()` go on and may start. `now` comes after `deadline` milliseconds, or at once when the run
 * itself cannot go on: every step ends. Clean-up listens to neither.
 */
export class JobStop {
  readonly asked = new Stop();
  readonly now = new Stop();
  readonly #deadline: number;
  readonly #undo: (() => void)[] = [];

  /** Follows `parent` in both. */
  constructor(deadline: number, parent?: JobStop) {
    this.#deadline = deadline;
    if (parent !== undefined) {
      this.#undo.push(
        onAbort(parent.now.signal, () => this.stopNow(parent.now.why ?? unknownReason)),
        onAbort(parent.asked.signal, () => this.ask(parent.asked.why ?? unknownReason)),
      );
    }
  }

  ask(why: StopReason): void {
    if (this.asked.why !== undefined) {
      return;
    }
    this.asked.now(why);
    const detail = `${why.detail}; its last steps ran over the ${this.#deadline / 1000} s they had left`;
    const timer = setTimeout(() => this.now.now({ ...why, detail }), this.#deadline);
    this.#undo.push(() => clearTimeout(timer));
  }

  stopNow(why: StopReason): void {
    this.asked.now(why);
    this.now.now(why);
  }

  /** Whether what is going on was called off, as against having run out of time or luck. */
  get cancelled(): boolean {
    const reason = this.asked.why?.reason;
    return reason === 'cancelled' || reason === 'fail-fast';
  }

  /** Lets go of timers and parents. */
  close(): void {
    for (const undo of this.#undo.splice(0)) {
      undo();
    }
  }
}

const unknownReason: StopReason = { reason: 'cancelled', detail: 'the run was cancelled' };
