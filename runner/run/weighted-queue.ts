import type { Queue, QueueAddOptions } from 'p-queue';
import type { Budget, Weight } from './queue.ts';

type Work = () => Promise<unknown>;

export interface Ticket extends QueueAddOptions {
  readonly weight: Weight;
  readonly order: number;
}

interface Waiting {
  readonly id: string | undefined;
  readonly work: Work;
  readonly weight: Weight;
  readonly order: number;
  passed: number;
}

/** How often lighter work may overtake what does not fit yet before it has to wait as well. */
const patience = 32;

/** What is taken of a budget. */
export class Room {
  readonly #budget: Weight;
  #taken = 0;
  #cpu = 0;
  #memory = 0;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  /** With nothing else running anything fits, or it would wait for ever. */
  fits({ cpu, memory }: Weight): boolean {
    const slack = 1e-9;
    return (
      this.#taken === 0 || (this.#cpu + cpu <= this.#budget.cpu + slack && this.#memory + memory <= this.#budget.memory)
    );
  }

  take({ cpu, memory }: Weight): void {
    this.#taken += 1;
    this.#cpu += cpu;
    this.#memory += memory;
  }

  free({ cpu, memory }: Weight): void {
    this.#taken -= 1;
    this.#cpu -= cpu;
    this.#memory -= memory;
  }
}

/** p-queue's waiting line with weights: it looks empty while nothing in it fits the room. */
export class WeightedQueue implements Queue<Work, Ticket> {
  readonly #room: Room;
  #waiting: Waiting[] = [];

  constructor(room: Room) {
    this.#room = room;
  }

  get size(): number {
    return this.#nextIndex() === -1 ? 0 : this.#waiting.length;
  }

  enqueue(work: Work, options?: Partial<Ticket>): void {
    const { id, weight = { cpu: 0, memory: 0 }, order = 0 } = options ?? {};
    const at = this.#waiting.findIndex((other) => other.order > order);
    this.#waiting.splice(at === -1 ? this.#waiting.length : at, 0, { id, work, weight, order, passed: 0 });
  }

  dequeue(): Work | undefined {
    const at = this.#nextIndex();
    const next = this.#waiting[at];
    if (next === undefined) {
      return undefined;
    }
    for (const overtaken of this.#waiting.slice(0, at)) {
      overtaken.passed += 1;
    }
    this.#waiting.splice(at, 1);
    this.#room.take(next.weight);
    return next.work;
  }

  remove(id: string): void {
    this.#waiting = this.#waiting.filter((waiting) => waiting.id !== id);
  }

  filter(options: Readonly<Partial<Ticket>>): Work[] {
    return this.#waiting.filter((waiting) => waiting.order === options.order).map((waiting) => waiting.work);
  }

  setPriority(): never {
    throw new Error('the order of steps is fixed when they are queued');
  }

  #nextIndex(): number {
    const fit = this.#waiting.findIndex((waiting) => this.#room.fits(waiting.weight) || waiting.passed >= patience);
    const found = this.#waiting[fit];
    return found !== undefined && this.#room.fits(found.weight) ? fit : -1;
  }
}
