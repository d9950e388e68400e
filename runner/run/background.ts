import { type Slot, StepQueue } from './queue.ts';
import { Stop } from './stop.ts';

/** Steps of one job that run in the background at once; more of them wait for their turn, as on GitHub. */
const mostAtOnce = 10;

/** What the steps of one job that run in the background have in common. */
export class Background {
  readonly #places = new StepQueue({
    cpu: Number.POSITIVE_INFINITY,
    memory: Number.POSITIVE_INFINITY,
    maxParallel: mostAtOnce,
  });
  readonly #stops = new Map<string, Stop>();
  readonly #ends = new Map<string, { readonly promise: Promise<void>; readonly resolve: () => void }>();

  /** Waits for one of the places; rejects with the signal's reason when it aborts before. */
  place(signal: AbortSignal): Promise<Slot> {
    return this.#places.acquire({ cpu: 0, memory: 0 }, 0, signal);
  }

  /** How a step, running or not, is told to stop. */
  stopOf(step: string): Stop {
    const stop = this.#stops.get(step) ?? new Stop();
    this.#stops.set(step, stop);
    return stop;
  }

  /** Resolves when it was told that a step is over. */
  end(step: string): Promise<void> {
    return this.#end(step).promise;
  }

  tellEnd(step: string): void {
    this.#end(step).resolve();
  }

  #end(step: string) {
    const known = this.#ends.get(step);
    if (known !== undefined) {
      return known;
    }
    let resolve = () => {};
    const promise = new Promise<void>((done) => {
      resolve = done;
    });
    const made = { promise, resolve };
    this.#ends.set(step, made);
    return made;
  }
}
