import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { HostFault } from './fault.ts';

export interface UnhurriedOptions {
  /** Asks the program to stop, by SIGINT; it still ends in its own time. */
  readonly signal?: AbortSignal;
  /** Called with each line of both streams, without its line end. */
  readonly onLine: (line: string) => void;
}

/** Milliseconds between looks at what it printed. */
const pause = 100;

/**
 * Runs a program that must not be cut short, such as a package manager: it is never killed, and it goes on undisturbed
 * when LightV is. It prints into a nameless file for that, since a pipe would break under it. Returns whether it
 * succeeded. Throws a `HostFault` when it cannot be started.
 */
export async function runUnhurried(
  attempted: string,
  argv: readonly [string, ...string[]],
  options: UnhurriedOptions,
): Promise<boolean> {
  const log = await namelessFile(attempted);
  const [file, ...args] = argv;
  // execa takes any descriptor; its types name the first few.
  const out = log.fd as 3;
  const child = execa(file, args, {
    reject: false,
    detached: true,
    cleanup: false,
    stdin: 'ignore',
    stdout: out,
    stderr: out,
  });
  const stop = () => interrupt(child.pid);
  options.signal?.addEventListener('abort', stop, { once: true });
  try {
    const result = await readUntil(child, new LineReader(log, options.onLine));
    if (result.failed && result.exitCode === undefined && result.signal === undefined) {
      throw new HostFault(attempted, result.shortMessage);
    }
    return !result.failed;
  } finally {
    options.signal?.removeEventListener('abort', stop);
    await log.close();
  }
}

async function readUntil<T extends object>(ended: PromiseLike<T>, reader: LineReader): Promise<T> {
  for (;;) {
    const result = await Promise.race([ended, delay(pause)]);
    await reader.read();
    if (result !== undefined) {
      reader.end();
      return result;
    }
  }
}

async function namelessFile(attempted: string): Promise<FileHandle> {
  const path = join(tmpdir(), `lightv-${randomBytes(6).toString('hex')}.log`);
  try {
    const file = await open(path, 'ax+', 0o600);
    await rm(path);
    return file;
  } catch (error) {
    throw new HostFault(attempted, error);
  }
}

class LineReader {
  readonly #file: FileHandle;
  readonly #onLine: (line: string) => void;
  readonly #decoder = new StringDecoder('utf8');
  #position = 0;
  #rest = '';

  constructor(file: FileHandle, onLine: (line: string) => void) {
    this.#file = file;
    this.#onLine = onLine;
  }

  /** Tells the lines that came since the last call. */
  async read(): Promise<void> {
    for (;;) {
      const { buffer, bytesRead } = await this.#file.read({ position: this.#position });
      if (bytesRead === 0) {
        return;
      }
      this.#position += bytesRead;
      const lines = `${this.#rest}${this.#decoder.write(buffer.subarray(0, bytesRead))}`.split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) {
        this.#onLine(line);
      }
    }
  }

  end(): void {
    if (this.#rest !== '') {
      this.#onLine(this.#rest);
    }
  }
}

function interrupt(pid: number | undefined): void {
  try {
    if (pid !== undefined) {
      process.kill(pid, 'SIGINT');
    }
  } catch {
    // It has ended, or became root's through sudo: then its end is waited for.
  }
}
