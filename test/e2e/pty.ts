import { execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { ExecutionContext } from 'ava';
import { freshBundle } from '../command/cli.ts';
import { descendants } from './leftovers.ts';
import { bundle } from './lightv.ts';

/** A LightV on a terminal of its own, as a person would use it. */
export interface OnTerminal {
  /** All that the terminal was sent so far, without its control sequences. */
  readonly text: () => string;
  type(keys: string): void;
  /** Resolves with all text once it holds this, from the end of what the last call found on; rejects when LightV ends. */
  until(words: string | RegExp): Promise<string>;
  resize(columns: number, rows: number): void;
  /** Modes of the terminal, as stty(1) tells them. */
  modes(): string;
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>;
  readonly pid: number;
}

/** Starts the bundle on a pseudo-terminal, which script(1) makes. Killed with the test if it still runs. */
export function onTerminal(t: ExecutionContext, folder: string, args: readonly string[], cwd = folder): OnTerminal {
  freshBundle();
  const { CI: _, NO_COLOR: __, ...host } = process.env;
  const command = [process.execPath, bundle(), ...args].map((word) => `'${word}'`).join(' ');
  // The shell keeps the terminal open, so that its modes can be asked for when LightV is gone.
  const line = `stty cols 100 rows 30; ${command}; code=$?; echo "[code $code]"; read go; exit $code`;
  const child = spawn('script', ['-qefc', line, '/dev/null'], {
    cwd,
    env: { ...host, TERM: 'xterm', LIGHTV_STATE_DIR: join(folder, 'state'), XDG_CONFIG_HOME: join(folder, 'config') },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  let text = '';
  let seen = 0;
  const waiting = new Set<() => void>();
  child.stdout.on('data', (chunk) => {
    text += chunk;
    waiting.forEach((look) => void look());
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const until = (words: string | RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const rest = text.slice(seen);
        const found = typeof words === 'string' ? rest.indexOf(words) : rest.search(words);
        if (found !== -1) {
          waiting.delete(look);
          const length = typeof words === 'string' ? words.length : (words.exec(rest)?.[0].length ?? 0);
          seen += found + length;
          resolve(text);
        }
      };
      waiting.add(look);
      look();
      void ended.then(() => reject(new Error(`it ended before ${words}: ${text}`)));
    });
  const terminal = () => terminalOf(child.pid ?? 0);
  return {
    text: () => stripVTControlCharacters(text),
    type: (keys) => void child.stdin.write(keys),
    until,
    resize: (columns, rows) => void execFileSync('stty', ['-F', terminal(), 'cols', `${columns}`, 'rows', `${rows}`]),
    modes: () => execFileSync('stty', ['-F', terminal(), '-a']).toString(),
    ended,
    pid: child.pid ?? 0,
  };
}

/** The terminal that the programs below a process have. */
function terminalOf(pid: number): string {
  for (const below of descendants(pid)) {
    for (const fd of readdirSync(`/proc/${below}/fd`)) {
      const target = readlinkSync(`/proc/${below}/fd/${fd}`);
      if (target.startsWith('/dev/pts/')) {
        return target;
      }
    }
  }
  throw new Error(`no terminal below ${pid}: ${readFileSync(`/proc/${pid}/cmdline`, 'utf8')}`);
}
