import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ExecutionContext } from 'ava';
import { eventSchema } from '../../runner/command/event-schema.ts';
import { packageRoot } from '../../runner/host/paths.ts';
import type { JobEndEvent, RunEvent, StepEndEvent } from '../../runner/model/event.ts';
import { freshBundle } from '../command/cli.ts';

/** A folder of the test's own with what LightV remembers in `state`; gone with the test. */
export function home(t: ExecutionContext): string {
  const made = mkdtempSync(join(tmpdir(), 'lightv-e2e-'));
  t.teardown(() => rmSync(made, { recursive: true, force: true, maxRetries: 5 }));
  return made;
}

/** Writes a pipeline of busybox sandboxes without a checkout, unless its own text says otherwise. */
export function pipeline(folder: string, jobs: string, defaults = 'isolation: sandbox', name = 'p.yaml'): string {
  const file = join(folder, name);
  const indented = jobs.trim().replace(/^(?=.)/gm, '  ');
  writeFileSync(file, `defaults:\n  image: busybox\n  ${defaults.replaceAll('\n', '\n  ')}\njobs:\n${indented}\n`);
  return file;
}

/** Where work is left that is to be done when a test, or a file of them, is over. */
export interface Undone {
  teardown(work: () => void): void;
}

export interface Options {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A program that starts LightV: its arguments come before Node's. */
  readonly through?: readonly string[];
  /** Events that are not kept, so that a flood of them does not fill this process. */
  readonly forget?: (event: RunEvent) => boolean;
}

/** A LightV that was started, and what it has told. */
export interface Running {
  readonly child: ChildProcess & { readonly pid: number };
  readonly events: readonly RunEvent[];
  /** Lines of stdout, without those of forgotten events. */
  readonly lines: readonly string[];
  /** All that came on stderr so far. */
  readonly stderr: () => string;
  /** Resolves once it is gone and all its output was read: its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  /** The first event, past or to come, that fits; rejects when LightV ends without one. */
  until(fits: (event: RunEvent) => boolean): Promise<RunEvent>;
}

/**
 * Starts the bundle as a user's shell would, in a process group of its own and with a state of its own below `folder`.
 * Killed with the test if it still runs.
 */
export function start(t: Undone, folder: string, args: readonly string[], options: Options = {}): Running {
  freshBundle();
  const { CI: _, NO_COLOR: __, GITHUB_ACTIONS: ___, ...host } = process.env;
  const [file = '', ...rest] = [...(options.through ?? []), process.execPath, bundle(), ...args];
  const child = spawn(file, rest, {
    cwd: options.cwd ?? folder,
    env: { ...host, LIGHTV_STATE_DIR: join(folder, 'state'), XDG_CONFIG_HOME: join(folder, 'config'), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  t.teardown(() => child.kill('SIGKILL'));
  return follow(child as Running['child'], args.includes('--json') && args[0] === 'run', options.forget);
}

function follow(child: Running['child'], json: boolean, forget: Options['forget'] = () => false): Running {
  const events: RunEvent[] = [];
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const reader = createInterface({ input: child.stdout ?? process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
  reader.on('line', (line) => {
    const event = json ? (JSON.parse(line) as RunEvent) : undefined;
    if (event !== undefined && forget(event)) {
      return;
    }
    lines.push(line);
    if (event !== undefined) {
      events.push(event);
    }
    for (const look of waiting) {
      look();
    }
  });
  const read = new Promise<void>((resolve) => reader.once('close', resolve));
  const ended = new Promise<number | string>((resolve) => {
    child.once('close', (code, signal) => void read.then(() => resolve(code ?? signal ?? 'gone')));
  });
  const until = (fits: (event: RunEvent) => boolean) =>
    new Promise<RunEvent>((resolve, reject) => {
      const look = () => {
        const found = events.find(fits);
        if (found !== undefined) {
          waiting.delete(look);
          resolve(found);
        }
      };
      waiting.add(look);
      look();
      void ended.then((end) => reject(new Error(`LightV ended with ${end} before: ${stderr}${lines.join('\n')}`)));
    });
  return { child, events, lines, stderr: () => stderr, ended, until };
}

export interface End {
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
  /** With `run --json`. */
  readonly events: readonly RunEvent[];
}

/** Runs the bundle to its end. */
export async function lightv(t: Undone, folder: string, args: readonly string[], options: Options = {}): Promise<End> {
  const running = start(t, folder, args, options);
  const code = await running.ended;
  const stdout = running.lines.map((line) => `${line}\n`).join('');
  return { code, stdout, stderr: running.stderr(), events: running.events };
}

/** Runs a pipeline to its end with `--json`; every event is one by the schema. */
export async function run(
  t: ExecutionContext,
  folder: string,
  file: string,
  args: readonly string[] = [],
  options: Options = {},
): Promise<End> {
  const end = await lightv(t, folder, ['run', file, '--json', ...args], options);
  for (const event of end.events) {
    eventSchema.parse(event);
  }
  return end;
}

/** The text a step printed: its lines on one stream or on both. */
export function logOf(events: readonly RunEvent[], job: string, step?: string, stream?: string): string {
  return events
    .flatMap((event) =>
      event.type === 'log' &&
      event.job === job &&
      (step ?? event.step) === event.step &&
      (stream ?? event.stream) === event.stream
        ? [event.text]
        : [],
    )
    .join('\n');
}

/** How a job, or one step of it, ended. */
export function endOf(events: readonly RunEvent[], job: string, step?: string): JobEndEvent | StepEndEvent | undefined {
  return events.flatMap((event): (JobEndEvent | StepEndEvent)[] => {
    if (step === undefined) {
      return event.type === 'job-end' && event.job === job ? [event] : [];
    }
    return event.type === 'step-end' && event.job === job && event.step === step ? [event] : [];
  })[0];
}

/** For messages: what was told, without what a flood would add. */
export function told(end: Pick<End, 'events' | 'stderr'>): string {
  return `${end.events.map((event) => JSON.stringify(event).slice(0, 300)).join('\n')}\n${end.stderr}`.slice(-6000);
}

/** Bytes of memory a process has had at most, from proc(5). */
export function peakMemory(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}

export function bundle(): string {
  return join(packageRoot(), 'runner/dist/main.js');
}

/** What a terminal does on Ctrl-C: the whole foreground group gets the signal. */
export function interrupt(running: Running, signal: NodeJS.Signals = 'SIGINT'): void {
  process.kill(-running.child.pid, signal);
}
