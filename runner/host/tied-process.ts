import type { Readable } from 'node:stream';
import { execa } from 'execa';
import { causeText } from './fault.ts';

/** A program that runs beside us. */
export interface TiedProcess {
  readonly pid: number | undefined;
  /** Must be read, or the program waits once the pipe is full. */
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Why it has ended ("was killed by SIGKILL", "ended with exit code 1"), or `undefined` while it runs. */
  readonly end: string | undefined;
  /** Resolves, never rejects, with the same words once the process is gone. */
  readonly ended: Promise<string>;
  /** Sends KILL to its process group; nothing when it is gone. */
  kill(): void;
}

/**
 * Starts a program that dies with LightV, in a process group of its own, with nothing of our environment but what is
 * given and `LIGHTV_RUN`, by which a sweep finds it. Call from the main thread: the tie is to the thread that spawns.
 * A program that cannot be started has ended with the reason.
 */
export function startTied(
  argv: readonly string[],
  run: string,
  env: Readonly<Record<string, string>> = {},
): TiedProcess {
  const path = `${process.env.PATH ?? '/usr/bin:/bin'}:/usr/sbin:/sbin`;
  const child = execa('setpriv', ['--pdeathsig', 'KILL', '--', ...argv], {
    detached: true,
    reject: false,
    buffer: false,
    stdin: 'ignore',
    cleanup: false,
    extendEnv: false,
    env: { PATH: path, LC_ALL: 'C', ...env, LIGHTV_RUN: run },
  });
  let end: string | undefined;
  const ended = new Promise<string>((resolve) => {
    const settle = (words: string) => {
      end ??= words;
      resolve(end);
    };
    child.once('exit', (code, signal) =>
      settle(signal === null ? `ended with exit code ${code}` : `was killed by ${signal}`),
    );
    child.once('error', (error) => settle(`could not be started: ${causeText(error)}`));
  });
  return {
    pid: child.pid,
    stdout: child.stdout,
    stderr: child.stderr,
    get end() {
      return end;
    },
    ended,
    kill: () => killGroup(child.pid, end),
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
