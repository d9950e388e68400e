import { setTimeout as wait } from 'node:timers/promises';
import { execa } from 'execa';
import type { DownloadOptions } from './apt.ts';
import { aptProgress } from './apt-progress.ts';
import { AptWords } from './apt-words.ts';
import { HostFault } from './fault.ts';
import { findProgram } from './packages.ts';
import { runUnhurried } from './unhurried-process.ts';

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
 * Waits up to five minutes for another apt, and finishes first what an interrupted one left. An abort of `signal` asks
 * apt to stop and waits for its end. Throws a `HostFault` with apt's last words.
 */
export async function installPackages(
  packages: readonly string[],
  installer: Installer,
  options: DownloadOptions = {},
): Promise<void> {
  const attempted = `install ${packages.join(', ')}`;
  const install = () =>
    apt(
      attempted,
      ['install', '-y', '-q', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300', ...packages],
      installer,
      options,
    );
  try {
    await install();
  } catch (error) {
    options.signal?.throwIfAborted();
    if (/dpkg was interrupted/.test(String(error))) {
      options.onProgress?.('finishing an installation that was interrupted: dpkg --configure -a');
      await asInstaller('finish an interrupted installation', ['dpkg', '--configure', '-a'], installer, options);
      return await installPackages(packages, installer, options);
    }
    // Lists that are missing or too old are the usual cause; any other shows again at the second try.
    const unread = await readLists(installer, options);
    await install().catch((second: unknown) => {
      options.signal?.throwIfAborted();
      throw unread === undefined ? second : new HostFault(attempted, unread);
    });
  }
}

/** Returns what apt said of a mirror it could not reach. */
async function readLists(installer: Installer, options: DownloadOptions): Promise<string | undefined> {
  options.onProgress?.("reading Debian's package lists");
  const update = () => apt("read Debian's package lists", ['update', '-q'], installer, options);
  return (await withListsLock(update, options))?.unreached();
}

/** apt waits for the lock of dpkg when told to, but never for that of the lists. */
async function withListsLock<T>(update: () => Promise<T>, options: DownloadOptions): Promise<T> {
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

function apt(attempted: string, args: readonly string[], installer: Installer, options: DownloadOptions) {
  return asInstaller(attempted, ['apt-get', ...args], installer, options);
}

/** Returns what the command said, or `undefined` where it spoke to the terminal itself. */
async function asInstaller(
  attempted: string,
  command: readonly string[],
  installer: Installer,
  options: DownloadOptions,
): Promise<AptWords | undefined> {
  const argv = ['env', 'DEBIAN_FRONTEND=noninteractive', 'LC_ALL=C.UTF-8', ...command] as const;
  if (installer === 'sudo-asks') {
    await onTerminal(attempted, argv);
    return undefined;
  }
  const words = new AptWords();
  const tell = aptProgress(options.onProgress ?? (() => {}));
  const succeeded = await runUnhurried(attempted, installer === 'root' ? argv : ['sudo', '-n', ...argv], {
    ...(options.signal ? { signal: options.signal } : {}),
    onLine: (line) => {
      words.add(line);
      tell(line);
    },
  });
  options.signal?.throwIfAborted();
  if (!succeeded) {
    throw new HostFault(attempted, words.errors());
  }
  return words;
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
