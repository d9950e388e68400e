import type { Duplex, Readable } from 'node:stream';
import { execa } from 'execa';
import { causeText } from './fault.ts';

/** A program that runs beside us, spoken to over its stdin and stdout. */
export interface PipedProcess {
  readonly pid: number | undefined;
  readonly line: Duplex;
  readonly stderr: Readable;
  readonly end: string | undefined;
  /** Resolves, never rejects, with why it ended once the process is gone. */
  readonly ended: Promise<string>;
  kill(): void;
}

/** As `startTied`, with the program's stdin and stdout as one stream. Call from the main thread. */
export function startPiped(argv: readonly string[], run: string): PipedProcess {
  const child = execa('setpriv', ['--pdeathsig', 'KILL', '--', ...argv], {
    detached: true,
    reject: false,
    buffer: false,
    stdin: 'pipe',
    cleanup: false,
    extendEnv: false,
    env: { PATH: `${process.env.PATH ?? '/usr/bin:/bin'}:/usr/sbin:/sbin`, LC_ALL: 'C', LIGHTV_RUN: run },
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
    line: child.duplex(),
    stderr: child.stderr,
    get end() {
      return end;
    },
    ended,
    kill: () => {
      if (child.pid !== undefined && end === undefined) {
        try {
          process.kill(-child.pid, 'SIGKILL');
        } catch {
          // It went by itself between the look and the kill.
        }
      }
    },
  };
}
