import { once } from 'node:events';
import { existsSync, watch } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { execa } from 'execa';
import { HostFault } from './fault.ts';
import { enterSpace } from './own-user-space.ts';
import { killGroup, tied } from './process-group.ts';

/** A bounded folder in memory that an ordinary user's programs see when they enter its namespaces; empty to all others. */
export interface MemoryFolder {
  readonly path: string;
  /** Puts a program where it is seen: `[...enter, program, ...]`. */
  readonly enter: readonly string[];
  /** As programs in the same user namespace reach it from elsewhere. */
  readonly reach: string;
  /** Frees it once the programs inside are gone; removes the folder. Any number of times. */
  close(): Promise<void>;
}

export interface MemoryFolderOptions {
  /** Where it is: must not exist yet. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** A user namespace this user is root in. */
  readonly space: string;
  readonly run: string;
  /** A folder, as `reach` names it, whose contents it starts with. */
  readonly contents?: string;
  readonly signal: AbortSignal;
}

/** Bytes of a folder's memory for each file it may hold: names alone would fill the kernel's. */
const perFile = 4096;

/**
 * The keeper waits for the end of its input, so the folder goes with LightV however LightV goes. Root's power in a new
 * user namespace unties from the parent, hence the second tie.
 */
const script = `
set -eu
mount -t tmpfs -o "nosuid,nodev,mode=0755,size=$2,nr_inodes=$3" tmpfs "$1"
if [ $# -gt 3 ]; then cp -a "$4/." "$1"; fi
echo up
exec cat >/dev/null
`;

/**
 * Opens one. It also ends when its path is removed by anybody. Rejects with a `HostFault` (no room for the contents
 * among them) or the reason of `signal`; nothing is left then.
 */
export async function openMemoryFolder(options: MemoryFolderOptions): Promise<MemoryFolder> {
  const { path, size, space, signal } = options;
  signal.throwIfAborted();
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    throw new HostFault(`make the folder ${path}`, error);
  }
  const words = [path, `${size}`, `${Math.max(4096, Math.ceil(size / perFile))}`, ...contentsOf(options)];
  const mount = ['unshare', '--mount', '--propagation', 'private', ...tied, 'sh', '-c', script, 'keeper', ...words];
  const keeper = startKeeper([...enterSpace(space), ...mount], options.run);
  const close = async () => {
    keeper.kill();
    await keeper.gone;
    await rm(path, { recursive: true, force: true });
  };
  try {
    await keeper.up(signal);
  } catch (error) {
    await close();
    signal.throwIfAborted();
    throw new HostFault('keep a disk in memory', error);
  }
  closeWhenRemoved(path, keeper.kill);
  const proc = `/proc/${keeper.pid}`;
  return { path, enter: enterSpace(space, `--mount=${proc}/ns/mnt`), reach: `${proc}/root${path}`, close };
}

function contentsOf({ contents }: MemoryFolderOptions): readonly string[] {
  return contents === undefined ? [] : [contents];
}

/** Removing a folder takes away what is mounted on it elsewhere; the keeper is all that is left then. */
function closeWhenRemoved(path: string, kill: () => void): void {
  const watcher = watch(path, { persistent: false }, () => {
    if (!existsSync(path)) {
      watcher.close();
      kill();
    }
  });
  watcher.on('error', () => watcher.close());
}

interface Keeper {
  readonly pid: number | undefined;
  readonly gone: Promise<void>;
  up(signal: AbortSignal): Promise<void>;
  kill(): void;
}

/** Does not keep this process from ending: it ends with it. */
function startKeeper(argv: readonly string[], run: string): Keeper {
  const [file, ...args] = [...tied, ...argv];
  const env = { PATH: `${process.env.PATH ?? '/usr/bin:/bin'}:/usr/sbin:/sbin`, LC_ALL: 'C', LIGHTV_RUN: run };
  const options = { detached: true, reject: false, buffer: false, cleanup: false, extendEnv: false } as const;
  const child = execa(file, args, { ...options, stdin: 'pipe', env });
  // A line that broke is the keeper's end, which `gone` tells.
  child.stdin.on('error', () => {});
  let words = '';
  child.stderr.on('data', (chunk) => {
    words = `${words}${chunk}`.slice(-2000);
  });
  let alive = true;
  const gone = new Promise<void>((resolve) => {
    const end = () => {
      alive = false;
      resolve();
    };
    child.once('exit', end);
    child.once('error', end);
  });
  const kill = () => {
    child.ref();
    killGroup(alive ? child.pid : undefined);
  };
  const up = async (signal: AbortSignal) => {
    const ended = gone.then(() => Promise.reject(new Error(words.trim() || 'its keeper ended without a word')));
    signal.addEventListener('abort', kill, { once: true });
    await Promise.race([once(child.stdout, 'data'), ended]).finally(() => signal.removeEventListener('abort', kill));
    signal.throwIfAborted();
    child.unref();
    for (const stream of [child.stdin, child.stdout, child.stderr] as { unref?: () => void }[]) {
      stream.unref?.();
    }
  };
  return { pid: child.pid, gone, up, kill };
}
