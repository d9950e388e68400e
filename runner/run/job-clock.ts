import type { JobStop } from './cancel.ts';
import { startTimeout } from './timeout.ts';

/** The time a job has and has taken; what it has stands still while somebody holds it. */
export class JobClock {
  readonly #limit: number | undefined;
  readonly #stop: Pick<JobStop, 'ask'>;
  readonly #now: () => Date;
  #startedAt: number | undefined;
  /** Milliseconds for which it was held. */
  #stood = 0;
  #holders = 0;
  #heldSince = 0;
  #clear = (): void => {};

  /** `limit` is in milliseconds; when they are over, `stop` is asked to stop the job. */
  constructor(limit: number | undefined, stop: Pick<JobStop, 'ask'>, now: () => Date) {
    this.#limit = limit;
    this.#stop = stop;
    this.#now = now;
  }

  start(): void {
    this.#startedAt = this.#now().getTime();
    this.#run();
  }

  /** Milliseconds since the start; 0 before. */
  get took(): number {
    return this.#startedAt === undefined ? 0 : this.#now().getTime() - this.#startedAt;
  }

  /** Lets it stand still until the returned function, and that of everybody else who holds it, is called. */
  hold(): () => void {
    if (this.#holders === 0) {
      this.#clear();
      this.#heldSince = this.#now().getTime();
    }
    this.#holders += 1;
    return () => {
      this.#holders -= 1;
      if (this.#holders === 0) {
        this.#stood += this.#now().getTime() - this.#heldSince;
        this.#run();
      }
    };
  }

  /** It runs out no more. */
  end(): void {
    this.#clear();
  }

  #run(): void {
    if (this.#limit !== undefined) {
      const left = Math.max(0, this.#limit - this.took + this.#stood);
      this.#clear = startTimeout(this.#limit, 'job', { now: (why) => this.#stop.ask(why) }, left);
    }
  }
}
