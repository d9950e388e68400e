import { setTimeout as wait } from 'node:timers/promises';
import { execa } from 'execa';
import type { DownloadOptions } from './apt.ts';
import { HostFault } from './fault.ts';
import { findProgram } from './packages.ts';
import { runProgram } from './process.ts';

/** How packages can be installed here; `sudo-asks` wants a password on our terminal. */
export type Installer = 'root' | 'sudo' | 'sudo-asks';

/** `undefined`: this user may not install packages here, or the system has no apt. */
export async function findInstaller(): Promise<Installer | undefined> {
  if (findProgram('apt-get') === undefined) {
    return undefined;
  }
  if (process.getuid?.() === 0) {
    return 'root';
  }
  if (findProgram('sudo') === undefined) {
    return undefined;
  }
  const silent = await execa('sudo', ['-n', 'true'], { reject: false, stdio: 'ignore' });
  if (silent.exitCode === 0) {
    return 'sudo';
  }
  return process.stdin.isTTY === true && process.stderr.isTTY === true ? 'sudo-asks' : undefined;
}

/** The line a person types to get these packages. */
export function installLine(packages: readonly string[]): string {
  const sudo = process.getuid?.() === 0 ? '' : 'sudo ';
  return `${sudo}apt-get update && ${sudo}apt-get install -y --no-install-recommends ${packages.join(' ')}`;
}

const minutes = 60_000;

/**
 * Installs Debian packages without recommended ones; the package lists are read anew only when the first try fails.
 * Waits up to five minutes for another apt. Throws a `HostFault` with apt's last words.
 */
export async function installPackages(
  packages: readonly string[],
  installer: Installer,
  options: DownloadOptions = {},
): Promise<void> {
  const install = ['install', '-y', '-q', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300', ...packages];
  const attempted = `install ${packages.join(', ')}`;
  try {
    await apt(attempted, install, installer, options);
  } catch {
    // Lists that are missing or too old are the usual cause; any other shows again at the second try.
    options.signal?.throwIfAborted();
    options.onProgress?.("reading Debian's package lists");
    await withListsLock(() => apt("read Debian's package lists", ['update', '-q'], installer, options), options);
    await apt(attempted, install, installer, options);
  }
}

/** apt waits for the lock of dpkg when told to, but never for that of the lists. */
async function withListsLock(update: () => Promise<void>, options: DownloadOptions): Promise<void> {
  const end = Date.now() + 5 * minutes;
  for (;;) {
    try {
      return await update();
    } catch (error) {
      if (!/could not get lock/i.test(String(error)) || Date.now() > end) {
        throw error;
      }
      options.onProgress?.('waiting for another apt to end');
      await wait(2000, undefined, options.signal ? { signal: options.signal } : {});
    }
  }
}

async function apt(attempted: string, args: string[], installer: Installer, options: DownloadOptions): Promise<void> {
  const argv = ['env', 'DEBIAN_FRONTEND=noninteractive', 'LC_ALL=C.UTF-8', 'apt-get', ...args] as const;
  if (installer === 'sudo-asks') {
    await onTerminal(attempted, argv);
    return;
  }
  // Not tied to our life: a package manager killed half-way leaves the system to be repaired by hand.
  await runProgram(attempted, installer === 'root' ? [...argv] : ['sudo', '-n', ...argv], {
    timeout: 60 * minutes,
    ...(options.signal ? { signal: options.signal } : {}),
    ...(options.onProgress ? { onLine: options.onProgress } : {}),
  });
}

/** sudo asks on the terminal, which a program in a session of its own would not have. stdout stays free for results. */
async function onTerminal(attempted: string, argv: readonly string[]): Promise<void> {
  const result = await execa('sudo', argv, {
    reject: false,
    stdin: 'inherit',
    stdout: process.stderr,
    stderr: 'inherit',
  });
  if (result.failed) {
    throw new HostFault(attempted, result.shortMessage);
  }
}
