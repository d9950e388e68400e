import type { Command, OutputSink, TerminalSize } from '../model/machine.ts';

/** Bytes typed ahead that are held; the terminal waits when there are more. */
const typedAhead = 64 * 1024;

/** Undoes what a program may have left a terminal in: alternate screen, mouse, pasting, keypad, colours, no cursor. */
const reset = '\u001b[!p\u001b[?1049l\u001b[?1000;1002;1003;1006l\u001b[?2004l\u001b[?1l\u001b>\u001b[0m\u001b[?25h';

/** The terminal of this process for a program that runs elsewhere, until `close`: what is typed, Ctrl-C too, is its. */
export interface RawTerminal {
  readonly terminal: NonNullable<Command['terminal']>;
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly output: OutputSink;
  /** `TERM`, as far as it is a name. */
  readonly name: string;
  /** Leaves the terminal as it was found. */
  close(): void;
}

export function openRawTerminal(input = process.stdin, output = process.stdout): RawTerminal {
  const typed = new Typed(input);
  input.setRawMode(true);
  const term = process.env.TERM ?? '';
  return {
    terminal: { ...sizeOf(output), onResize: (tell) => onResize(output, tell) },
    stdin: typed,
    output: { write: (_, chunk) => write(output, chunk) },
    name: /^[\w.+-]{1,64}$/.test(term) ? term : 'xterm',
    close() {
      typed.end();
      input.setRawMode(false);
      output.write(reset);
    },
  };
}

function sizeOf({ columns, rows }: NodeJS.WriteStream): TerminalSize {
  return { columns: columns ?? 80, rows: rows ?? 24 };
}

function onResize(output: NodeJS.WriteStream, tell: (size: TerminalSize) => void): () => void {
  const changed = () => tell(sizeOf(output));
  output.on('resize', changed);
  return () => output.removeListener('resize', changed);
}

async function write(output: NodeJS.WriteStream, chunk: Uint8Array): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    output.write(chunk, (error) => (error ? reject(error) : resolve()));
  });
}

/** What is typed, until it ends; the stream is left usable, which its own iterator does not. */
class Typed implements AsyncIterable<Uint8Array> {
  readonly #input: NodeJS.ReadStream;
  readonly #waiting: Uint8Array[] = [];
  #bytes = 0;
  #ended = false;
  #wake = (): void => {};

  constructor(input: NodeJS.ReadStream) {
    this.#input = input;
    input.on('data', this.#take);
    input.on('end', this.#end);
    input.resume();
  }

  end(): void {
    this.#input.removeListener('data', this.#take);
    this.#input.removeListener('end', this.#end);
    this.#input.pause();
    this.#end();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    while (!this.#ended || this.#waiting.length > 0) {
      const chunk = this.#waiting.shift();
      if (chunk === undefined) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      this.#bytes -= chunk.length;
      if (!this.#ended) {
        this.#input.resume();
      }
      yield chunk;
    }
  }

  readonly #take = (chunk: Uint8Array): void => {
    this.#waiting.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes > typedAhead) {
      this.#input.pause();
    }
    this.#wake();
  };

  readonly #end = (): void => {
    this.#ended = true;
    this.#wake();
  };
}
