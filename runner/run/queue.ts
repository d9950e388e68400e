import PQueue from 'p-queue';
import { Room, type Ticket, WeightedQueue } from './weighted-queue.ts';

/** What a machine takes of the host: CPUs (fractions allowed) and bytes. */
export interface Weight {
  readonly cpu: number;
  readonly memory: number;
}

/** What all machines together may take; `maxParallel` bounds their number besides. */
export interface Budget extends Weight {
  readonly maxParallel?: number;
}

/** A machine's place in the budget, taken. `release` gives it back: call it when the machine is gone; again is harmless. */
export interface Slot {
  release(): void;
}

/**
 * Hands out the host's CPUs and memory to machines. Who holds a slot must never wait for another one. What is heavier
 * than the whole budget gets its slot when nothing else runs.
 */
export class StepQueue {
  readonly #room: Room;
  readonly #queue: PQueue<WeightedQueue, Ticket>;

  constructor(budget: Budget) {
    const room = new Room(budget);
    this.#room = room;
    this.#queue = new PQueue({
      concurrency: budget.maxParallel ?? Number.POSITIVE_INFINITY,
      queueClass: class extends WeightedQueue {
        constructor() {
          super(room);
        }
      },
    });
  }

  /**
   * Resolves when the budget has room. Lower `order` first, then first come first served. Rejects with the signal's
   * reason when it aborts before; afterwards the signal means nothing to the queue.
   */
  acquire(weight: Weight, order: number, signal: AbortSignal): Promise<Slot> {
    return new Promise((resolve, reject) => {
      // p-queue frees the slot of a running task whose signal aborts: it gets one that aborts in the queue only.
      const queued = new AbortController();
      const leave = () => queued.abort(signal.reason);
      const hold = () => {
        signal.removeEventListener('abort', leave);
        return new Promise<void>((free) => resolve(this.#slot(weight, free)));
      };
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      signal.addEventListener('abort', leave, { once: true });
      this.#queue.add(hold, { weight, order, signal: queued.signal }).catch(reject);
    });
  }

  #slot(weight: Weight, free: () => void): Slot {
    let held = true;
    return {
      release: () => {
        if (!held) {
          return;
        }
        held = false;
        this.#room.free(weight);
        free();
        // p-queue starts one task for each that ends, but one heavy machine makes room for several light ones.
        this.#queue.concurrency = this.#queue.concurrency;
      },
    };
  }
}
