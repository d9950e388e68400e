import type { OutputSink, StreamName } from '../model/machine.ts';
import { ProtocolError } from './wire.ts';

/** Bytes of output a guest may send for one id before it is given more credit. */
export const outputWindow = 1 << 18;

/**
 * Hands a command's output to its sink, one write at a time, and gives credit for what the sink has taken. Holds at
 * most `outputWindow` bytes.
 */
export class Delivery {
  /** What the sink rejected with; from then on output is dropped. */
  failure: { readonly cause: unknown } | undefined;
  readonly #sink: OutputSink;
  readonly #credit: (bytes: number) => void;
  readonly #onFailure: () => void;
  readonly #queue: { readonly stream: StreamName; readonly data: Buffer }[] = [];
  #room = outputWindow;
  #taken = 0;
  #running: Promise<void> | undefined;

  constructor(sink: OutputSink, credit: (bytes: number) => void, onFailure: () => void) {
    this.#sink = sink;
    this.#credit = credit;
    this.#onFailure = onFailure;
  }

  /** True while the sink has something to take. */
  get busy(): boolean {
    return this.#running !== undefined;
  }

  /** A `ProtocolError` when the guest sends more than it has credit for. */
  push(stream: StreamName, data: Buffer): void {
    if (data.length > this.#room) {
      throw new ProtocolError('it sent more output than it was given credit for');
    }
    this.#room -= data.length;
    this.#queue.push({ stream, data });
    this.#running ??= this.#run();
  }

  /** Resolves when the sink has taken, or refused, all that came so far. */
  async flushed(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    await Promise.resolve(); // so that #running is set before the first write
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      await this.#write(next.stream, next.data);
      this.#room += next.data.length;
      this.#taken += next.data.length;
      if (this.#taken >= outputWindow / 4) {
        this.#credit(this.#taken);
        this.#taken = 0;
      }
    }
    this.#running = undefined;
  }

  async #write(stream: StreamName, data: Buffer): Promise<void> {
    if (this.failure !== undefined) {
      return;
    }
    try {
      await this.#sink.write(stream, data);
    } catch (cause) {
      this.failure = { cause };
      this.#onFailure();
    }
  }
}
