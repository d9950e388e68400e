import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { ExecutionContext } from 'ava';
import { packageRoot } from '../../runner/host/paths.ts';

const runner = join(packageRoot(), 'runner');
const bundle = join(runner, 'dist', 'main.js');

/** A folder of the test's own, gone with it. */
export function folder(t: ExecutionContext): string {
  const made = mkdtempSync(join(tmpdir(), 'lightv-cli-'));
  t.teardown(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

export interface CliOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface CliEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the bundle as a user would, with state and cache of the test's own in `home`. */
export function startCli(home: string, args: readonly string[], { cwd = home, env = {} }: CliOptions = {}) {
  freshBundle();
  const { CI: _, NO_COLOR: __, ...host } = process.env;
  return spawn(process.execPath, [bundle, ...args], {
    cwd,
    env: { ...host, LIGHTV_STATE_DIR: join(home, 'state'), XDG_CONFIG_HOME: join(home, 'config'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Runs the bundle to its end. */
export async function cli(home: string, args: readonly string[], options: CliOptions = {}): Promise<CliEnd> {
  const child = startCli(home, args, options);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr };
}

/** Tests are of the sources: a bundle older than any of them is made anew. */
export function freshBundle(): void {
  const made = statSync(bundle, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = readdirSync(runner, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.name.endsWith('.ts') && !entry.parentPath.startsWith(join(runner, 'dist')))
    .map((entry) => statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.mtimeMs ?? 0);
  if (made < Math.max(...sources)) {
    execFileSync(process.execPath, [join(runner, 'build.mjs')], { stdio: 'inherit' });
  }
}
