import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { aptProgress } from './apt-progress.ts';
import { AptWords } from './apt-words.ts';
import { HostFault } from './fault.ts';
import { runProgram } from './process.ts';

export interface DownloadOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (line: string) => void;
}

const minutes = 60_000;
const tied = ['setpriv', '--pdeathsig', 'KILL'] as const;

/**
 * Downloads Debian packages from the host's own sources into `folder` (which exists) and gives their `.deb` paths, sorted.
 * Needs no root and installs nothing: package lists that are missing or too old are read anew into a temporary place.
 * Throws a `HostFault`.
 */
export async function downloadPackages(
  names: readonly string[],
  folder: string,
  options: DownloadOptions = {},
): Promise<readonly string[]> {
  // Inside what the caller throws away, should we be killed.
  const own = join(folder, '.apt');
  try {
    // The package files are fetched by whoever we are: apt's own user could not write into `folder`.
    const apt = [`Dir::Cache=${own}/cache`, 'APT::Sandbox::User='].flatMap((option) => ['-o', option]);
    await mkdir(join(own, 'cache', 'archives', 'partial'), { recursive: true });
    await mkdir(join(own, 'lists', 'partial'), { recursive: true });
    const attempted = `download ${names.join(', ')}`;
    const fetch = (more: readonly string[]) => run(attempted, [...apt, ...more, 'download', ...names], folder, options);
    try {
      await fetch([]);
    } catch {
      // Whatever was wrong with the host's lists is told by the second try, if that fails too.
      options.signal?.throwIfAborted();
      options.onProgress?.("reading Debian's package lists");
      const lists = ['-o', `Dir::State::Lists=${own}/lists`];
      const words = await run("read Debian's package lists", [...apt, ...lists, 'update'], folder, options);
      await fetch(lists).catch((error: unknown) => {
        options.signal?.throwIfAborted();
        throw words.unreached() === undefined ? error : new HostFault(attempted, words.unreached());
      });
    }
  } finally {
    await rm(own, { recursive: true, force: true });
  }
  const files = (await readdir(folder)).filter((file) => file.endsWith('.deb')).sort();
  if (files.length === 0) {
    throw new HostFault(`download ${names.join(', ')}`, 'apt-get ended well but left no package');
  }
  return files.map((file) => join(folder, file));
}

/** Unpacks a `.deb` into `folder` without installing it: no script of the package runs. Throws a `HostFault`. */
export async function unpackPackage(file: string, folder: string, signal?: AbortSignal): Promise<void> {
  await runProgram(`unpack ${file}`, [...tied, 'dpkg-deb', '--extract', file, folder], {
    timeout: 5 * minutes,
    ...(signal ? { signal } : {}),
  });
}

/** Returns what apt said. */
async function run(
  attempted: string,
  args: readonly string[],
  cwd: string,
  options: DownloadOptions,
): Promise<AptWords> {
  const words = new AptWords();
  const tell = aptProgress(options.onProgress ?? (() => {}));
  try {
    await runProgram(attempted, [...tied, 'env', 'LC_ALL=C.UTF-8', 'apt-get', '-q', ...args], {
      cwd,
      timeout: 15 * minutes,
      ...(options.signal ? { signal: options.signal } : {}),
      onLine: (line) => {
        words.add(line);
        tell(line);
      },
    });
  } catch (error) {
    options.signal?.throwIfAborted();
    throw words.errors() === '' ? error : new HostFault(attempted, words.errors());
  }
  return words;
}
