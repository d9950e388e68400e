import { dirname } from 'node:path';
import { execa } from 'execa';
import { HostFault } from './fault.ts';
import { makeFolder } from './in-place.ts';

export interface LockOptions {
  readonly signal?: AbortSignal;
  /** Called once when somebody else holds the lock and we wait for it. */
  readonly onWait?: () => void;
}

/**
 * Does `work` while holding an exclusive lock on `path`, which is made when missing and left in place. Other processes
 * wait in the kernel; the lock goes with the process that holds it, however that one ends. Throws a `HostFault` where
 * the lock cannot be had and the signal's reason when `signal` aborts while waiting.
 */
export async function withLock<T>(path: string, work: () => Promise<T>, options: LockOptions = {}): Promise<T> {
  const release = await takeLock(path, options);
  try {
    return await work();
  } finally {
    await release();
  }
}

async function takeLock(path: string, options: LockOptions): Promise<() => Promise<void>> {
  await makeFolder(dirname(path));
  const holder = startHolder(path);
  const stop = () => holder.kill('SIGKILL');
  options.signal?.addEventListener('abort', stop, { once: true });
  const timer = setTimeout(() => options.onWait?.(), 300);
  try {
    options.signal?.throwIfAborted();
    await firstWord(holder, path, options.signal);
  } catch (error) {
    stop();
    await holder;
    throw error;
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', stop);
  }
  return async () => {
    holder.stdin.end();
    await holder;
  };
}

/** Node has no flock(2). The holder reads its stdin until we close it or are gone, and the kernel then drops the lock. */
function startHolder(path: string) {
  const script = 'echo locked && exec cat > /dev/null';
  return execa('flock', ['--exclusive', '--', path, 'sh', '-c', script], {
    reject: false,
    stdin: 'pipe',
    detached: true,
  });
}

async function firstWord(holder: ReturnType<typeof startHolder>, path: string, signal?: AbortSignal): Promise<void> {
  const locked = new Promise<'locked'>((resolve) => holder.stdout.once('data', () => resolve('locked')));
  const first = await Promise.race([locked, holder]);
  if (first !== 'locked') {
    signal?.throwIfAborted();
    throw new HostFault(`lock ${path}`, first.stderr === '' ? first.shortMessage : first.stderr);
  }
}
