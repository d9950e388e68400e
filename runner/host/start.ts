import type { ChildProcess } from 'node:child_process';
import type { Duplex, Readable } from 'node:stream';
import { execa } from 'execa';
import { causeText } from './fault.ts';
import { joinStreams } from './join-streams.ts';
import { killGroup, tied } from './process-group.ts';

/** A program that runs beside us. */
export interface StartedProcess {
  readonly pid: number | undefined;
  /** Must be read, or the program waits once the pipe is full. */
  readonly stderr: Readable;
  /** Why it has ended ("was killed by SIGKILL", "ended with exit code 1"), or `undefined` while it runs. */
  readonly end: string | undefined;
  /** Resolves, never rejects, with the same words once the process is gone. */
  readonly ended: Promise<string>;
  /** Sends KILL to its process group; nothing when it is gone. */
  kill(): void;
}

/** One that is only listened to. */
export interface TiedProcess extends StartedProcess {
  /** Must be read, or the program waits once the pipe is full. */
  readonly stdout: Readable;
}

/** One that is spoken to: its stdin and stdout are one stream. */
export interface PipedProcess extends StartedProcess {
  readonly line: Duplex;
}

/**
 * Starts a program that dies with LightV, in a process group of its own, with nothing of our environment but `PATH` and
 * with `LIGHTV_RUN`, by which a sweep finds it. Its stdin is empty. Call from the main thread: the tie is to the thread
 * that spawns. A program that cannot be started has ended with the reason.
 */
export function startTied(argv: readonly string[], run: string): TiedProcess {
  const child = spawned([...tied, ...argv], run, 'ignore');
  return Object.assign(watched(child), { stdout: child.stdout });
}

/** As `startTied`, for a program that is spoken to. `tiesItself`: the program sees to the tie, which saves starting another. */
export function startPiped(argv: readonly string[], run: string, tiesItself = false): PipedProcess {
  const child = spawned(tiesItself ? argv : [...tied, ...argv], run, 'pipe');
  return Object.assign(watched(child), { line: joinStreams(child.stdout, child.stdin) });
}

function spawned<Stdin extends 'ignore' | 'pipe'>(argv: readonly string[], run: string, stdin: Stdin) {
  const [file = '', ...args] = argv;
  return execa(file, args, {
    detached: true,
    reject: false,
    buffer: false,
    stdin,
    cleanup: false,
    extendEnv: false,
    env: { PATH: `${process.env.PATH ?? '/usr/bin:/bin'}:/usr/sbin:/sbin`, LC_ALL: 'C', LIGHTV_RUN: run },
  });
}

function watched(child: Pick<ChildProcess, 'pid' | 'once'> & { readonly stderr: Readable }): StartedProcess {
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
    stderr: child.stderr,
    get end() {
      return end;
    },
    ended,
    kill: () => killGroup(end === undefined ? child.pid : undefined),
  };
}
