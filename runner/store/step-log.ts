import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { HostFault } from '../host/fault.ts';
import type { StreamName } from '../model/machine.ts';

/** One masked line of a step's log as it is kept: one JSON object a line in the step's file. */
export interface KeptLine {
  readonly line: number;
  readonly time: string;
  readonly stream: StreamName;
  readonly text: string;
}

/** Characters that go into the file in one piece at most; the lines of one turn of the event loop go together. */
const together = 64 * 1024;

/** A step's log file while it is written. */
export class StepLog {
  readonly #stream: WriteStream;
  readonly #file: string;
  #failure: Error | undefined;
  #waiting = '';

  constructor(file: string) {
    this.#file = file;
    this.#stream = createWriteStream(file, { flags: 'wx', mode: 0o600, highWaterMark: 256 * 1024 });
    this.#stream.on('error', (error) => {
      this.#failure ??= error;
    });
  }

  /** Resolves when there is room for the next line. Rejects with a `HostFault` when the file cannot be written. */
  async write(line: KeptLine): Promise<void> {
    this.#check();
    if (this.#waiting === '') {
      setImmediate(() => this.#flush());
    }
    this.#waiting += `${JSON.stringify(line)}\n`;
    if (this.#waiting.length > together && !this.#flush()) {
      await once(this.#stream, 'drain').catch(() => this.#check());
      this.#check();
    }
  }

  /** Resolves when every line is in the file. */
  async close(): Promise<void> {
    if (!this.#stream.closed) {
      this.#flush();
      this.#stream.end();
      await once(this.#stream, 'close').catch(() => this.#check());
    }
    this.#check();
  }

  #flush(): boolean {
    const text = this.#waiting;
    this.#waiting = '';
    return text === '' || this.#failure !== undefined || this.#stream.write(text);
  }

  #check(): void {
    if (this.#failure !== undefined) {
      throw new HostFault(`keep the log ${this.#file}`, this.#failure);
    }
  }
}

/** The whole lines of a log file from byte `offset` on, with the offset behind each. A missing file has no lines. */
export async function* readLines(file: string, offset: number): AsyncGenerator<{ line: KeptLine; end: number }> {
  const handle = await openIfThere(file);
  if (handle === undefined) {
    return;
  }
  let position = offset;
  let rest = Buffer.alloc(0);
  try {
    for await (const chunk of handle.createReadStream({ start: offset, autoClose: false })) {
      rest = Buffer.concat([rest, chunk as Buffer]);
      let start = 0;
      for (let cut = rest.indexOf(10); cut !== -1; cut = rest.indexOf(10, start)) {
        position += cut + 1 - start;
        yield { line: JSON.parse(rest.toString('utf8', start, cut)) as KeptLine, end: position };
        start = cut + 1;
      }
      rest = rest.subarray(start);
    }
  } finally {
    await handle.close();
  }
}

async function openIfThere(file: string) {
  try {
    return await open(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return undefined;
    }
    throw new HostFault(`read the log ${file}`, error);
  }
}
