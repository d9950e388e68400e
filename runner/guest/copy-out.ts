import type { CopyOutOptions } from '../model/machine.ts';
import { Copy } from './copy.ts';
import { outputWindow } from './delivery.ts';
import type { GuestMessage } from './guest-message.ts';
import type { Line } from './line.ts';
import { ProtocolError } from './wire.ts';

/** The contract is `MicroVm.copyOut`'s. Who stops reading early ends the copy in the guest. */
export async function copyOutOnLine(
  line: Line,
  path: string,
  signal: AbortSignal,
  options: CopyOutOptions,
): Promise<AsyncIterable<Uint8Array>> {
  const copy = new CopyOut(line, path, signal, options);
  if (options.only !== undefined) {
    copy.feed(names(options.only));
  }
  await copy.begun();
  return copy.chunks();
}

async function* names(paths: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const path of paths) {
    if (path.includes('\0')) {
      throw new RangeError(`a NUL character in the path ${JSON.stringify(path)}`);
    }
    yield Buffer.from(`${path}\0`);
  }
}

class CopyOut extends Copy {
  readonly #line: Line;
  #queue: Buffer[] = [];
  #room = outputWindow;
  #wake: () => void = () => {};
  #over = false;

  constructor(line: Line, path: string, signal: AbortSignal, options: CopyOutOptions) {
    const flags = { namesOnly: options.namesOnly ?? false, list: options.only !== undefined };
    super(line, { kind: 'copy-out', ...flags, credit: outputWindow, path }, signal);
    this.#line = line;
    const over = () => {
      this.#over = true;
      this.#wake();
    };
    this.done.then(over, over);
  }

  override take(message: GuestMessage): boolean {
    if (message.kind !== 'data') {
      return super.take(message);
    }
    if (message.data.length > this.#room) {
      throw new ProtocolError('it sent more of a copy than it was given credit for');
    }
    this.#room -= message.data.length;
    this.#queue.push(message.data);
    this.#wake();
    return false;
  }

  /** Resolves with the first bytes; rejects when there are none because the guest could not. */
  async begun(): Promise<void> {
    await this.#something();
    if (this.#queue.length === 0) {
      await this.done;
    }
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        await this.#something();
        const next = this.#queue.shift();
        if (next === undefined) {
          await this.done;
          return;
        }
        yield next;
        this.#room += next.length;
        this.#line.post(this.id, { kind: 'credit', bytes: next.length });
      }
    } finally {
      this.#queue = [];
      if (!this.#over) {
        this.stop();
      }
    }
  }

  async #something(): Promise<void> {
    while (this.#queue.length === 0 && !this.#over) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
