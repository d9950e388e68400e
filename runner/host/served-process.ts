import type { Readable, Writable } from 'node:stream';
import { execa } from 'execa';

/** A program that is spoken to over its stdin and stdout. */
export interface ServedProcess {
  readonly pid: number | undefined;
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** The end of what it wrote to stderr, at most 4 KiB. */
  lastWords(): string;
  /** Why it has ended, or `undefined` while it runs. */
  readonly end: string | undefined;
  /** Resolves, never rejects, once the process itself is gone. */
  readonly ended: Promise<string>;
  /** Kills its process group; resolves once it is gone. Any number of times. */
  kill(): Promise<void>;
}

const lastWordsSize = 4096;

/**
 * Starts a program that dies with LightV, in a process group of its own, with nothing of our environment but `PATH`, what
 * is given and `LIGHTV_RUN`. Call from the main thread: the tie is to the thread that spawns.
 */
export function startServed(
  argv: readonly string[],
  run: string,
  env: Readonly<Record<string, string>> = {},
): ServedProcess {
  const child = execa('setpriv', ['--pdeathsig', 'KILL', '--', ...argv], {
    detached: true,
    reject: false,
    buffer: false,
    stdin: 'pipe',
    cleanup: false,
    extendEnv: false,
    env: { PATH: `${process.env.PATH ?? '/usr/bin:/bin'}:/usr/sbin:/sbin`, LC_ALL: 'C', ...env, LIGHTV_RUN: run },
  });
  let words = '';
  child.stderr.on('data', (chunk: Buffer) => {
    words = `${words}${chunk.toString()}`.slice(-lastWordsSize);
  });
  // A line that broke is the end of the program, which `ended` tells.
  child.stdin.on('error', () => {});
  let end: string | undefined;
  const ended = new Promise<string>((resolve) => {
    const settle = (why: string) => {
      end ??= why;
      resolve(end);
    };
    child.once('exit', (code, signal) =>
      settle(signal === null ? `ended with exit code ${code}` : `was killed by ${signal}`),
    );
    child.once('error', (error) => settle(`could not be started: ${error.message}`));
  });
  return {
    pid: child.pid,
    stdin: child.stdin,
    stdout: child.stdout,
    lastWords: () => words.trim(),
    get end() {
      return end;
    },
    ended,
    kill: async () => {
      killGroup(child.pid, end);
      await ended;
    },
  };
}

function killGroup(pid: number | undefined, end: string | undefined): void {
  if (pid === undefined || end !== undefined) {
    return;
  }
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It went by itself between the look and the kill.
  }
}
