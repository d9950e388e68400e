import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { scratchFolder } from '../../runner/host/paths.ts';

/**
 * What there is of a run on this host, in words: processes that carry its id, name its folders or stand in its control
 * groups; mounts and loop devices below its folders; control groups; folders for sockets and disks.
 */
export function leftOf(run: string, folder: string): string[] {
  const scratch = join(scratchOf(folder), run);
  const kept = join(folder, 'state/runs', run);
  const disks = join(kept, 'disks');
  return [
    ...processes((pid) => belongs(pid, run, [scratch, kept])),
    ...mounts().flatMap((point) => (below(point, scratch) || below(point, kept) ? [`mount ${point}`] : [])),
    ...loops().flatMap((file) => (below(file, scratch) || below(file, kept) ? [`loop device of ${file}`] : [])),
    ...cgroups('/sys/fs/cgroup').flatMap((group) => (group.endsWith(`/lightv/${run}`) ? [`group ${group}`] : [])),
    ...(existsSync(scratch) ? [`folder ${scratch}`] : []),
    // What is kept of a run that failed is whole, or it is not there.
    ...(existsSync(disks) && !existsSync(join(kept, 'kept.json')) ? [`folder ${disks}`] : []),
  ];
}

/** As `leftOf`, the processes alone. */
export function processesOf(run: string, folder: string): string[] {
  return leftOf(run, folder).filter((words) => words.startsWith('process '));
}

/** The children of a process and theirs. */
export function descendants(pid: number): number[] {
  const children = pids().filter((one) => Number(/^PPid:\s+(\d+)/m.exec(look(`/proc/${one}/status`))?.[1]) === pid);
  return [...children, ...children.flatMap(descendants)];
}

/** Waits until `left` finds nothing, a minute at most; what is left then. */
export async function goneSoon(left: () => readonly string[]): Promise<readonly string[]> {
  const until = Date.now() + 60_000;
  while (left().length > 0 && Date.now() < until) {
    await delay(50);
  }
  return left();
}

/** Where the runs of a test with this state keep sockets and mount points. */
export function scratchOf(folder: string): string {
  const before = process.env.LIGHTV_STATE_DIR;
  process.env.LIGHTV_STATE_DIR = join(folder, 'state');
  const found = scratchFolder();
  if (before === undefined) {
    delete process.env.LIGHTV_STATE_DIR;
  } else {
    process.env.LIGHTV_STATE_DIR = before;
  }
  return found;
}

export function pids(): number[] {
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
}

/** The command line of a process, spaces between; empty when it is gone. */
export function commandOf(pid: number): string {
  return look(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
}

function processes(fits: (pid: number) => boolean): string[] {
  return pids().flatMap((pid) => (pid !== process.pid && fits(pid) ? [`process ${pid} ${commandOf(pid)}`] : []));
}

function belongs(pid: number, run: string, folders: readonly string[]): boolean {
  const state = /^State:\s+(\S)/m.exec(look(`/proc/${pid}/status`))?.[1];
  return (
    state !== 'Z' &&
    (look(`/proc/${pid}/environ`).split('\0').includes(`LIGHTV_RUN=${run}`) ||
      look(`/proc/${pid}/cgroup`).includes(`/lightv/${run}/`) ||
      folders.some((folder) => commandOf(pid).includes(folder)))
  );
}

function mounts(): string[] {
  return look('/proc/self/mountinfo')
    .split('\n')
    .flatMap((line) => line.split(' ')[4] ?? []);
}

function loops(): string[] {
  return readdirSync('/sys/block').flatMap((name) => look(`/sys/block/${name}/loop/backing_file`).trim() || []);
}

function cgroups(folder: string): string[] {
  return list(folder).flatMap((path) => [path, ...cgroups(path)]);
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? [join(folder, entry.name)] : [],
    );
  } catch {
    // Groups come and go under the look.
    return [];
  }
}

function below(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** What comes and goes under the look reads as nothing. */
function look(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

/** What a link says, empty when it is gone. */
export function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
