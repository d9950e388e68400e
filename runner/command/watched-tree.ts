import { lstat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import { HostFault } from '../host/fault.ts';
import { cacheFolder, stateFolder } from '../host/paths.ts';
import { gitIn, repositoryTop } from '../provider/local/git.ts';

/** Milliseconds of quiet after which a change is looked at: editors and git write many files at once. */
const quiet = 150;

/** Why a signal of `next` aborts. */
class Changed extends Error {
  readonly names: readonly string[];

  constructor(names: readonly string[]) {
    super(`changed: ${names.join(', ')}`);
    this.name = 'Changed';
    this.names = names;
  }
}

/** The files that made a signal of `next` abort, absolute. Throws what the watching failed with. */
export function changedNames({ reason }: AbortSignal): readonly string[] {
  if (reason instanceof Changed) {
    return reason.names;
  }
  throw reason;
}

/** Tells when files that matter change: those that git lists of whole repositories, and single files outside. */
export class WatchedTree {
  readonly #tops: readonly string[];
  readonly #files: readonly string[];
  readonly #apart: readonly string[];
  #watcher: FSWatcher | undefined;
  #known: ReadonlyMap<string, string> = new Map();
  #ignored: ReadonlySet<string> = new Set();
  #next = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();

  private constructor(tops: readonly string[], files: readonly string[], apart: readonly string[]) {
    this.#tops = tops;
    this.#files = files;
    this.#apart = apart;
  }

  /**
   * Watches the repositories that hold `files`, and those of the files that are in none. Nothing in `apart`, and nothing of
   * LightV's own, counts. Rejects with a `HostFault` where the host cannot watch so much.
   */
  static async open(files: readonly string[], apart: readonly string[]): Promise<WatchedTree> {
    const tops = await Promise.all(files.map((file) => repositoryTop(dirname(file))));
    const alone = files.filter((_, at) => tops[at] === undefined);
    const all = [...new Set(tops.flatMap((top) => top ?? []))];
    const own = [stateFolder(), cacheFolder(), ...apart].map((path) => resolve(path));
    const tree = new WatchedTree(all, alone, own);
    await tree.#start();
    return tree;
  }

  /** Aborts at the first change from now on; who looks at the files after this call misses none. See `changedNames`. */
  next(): AbortSignal {
    if (this.#next.signal.aborted) {
      this.#next = new AbortController();
    }
    return this.#next.signal;
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#watcher?.close();
    await this.#looking;
  }

  async #start(): Promise<void> {
    [this.#known, this.#ignored] = await Promise.all([this.#stamps(), this.#ignoredPaths()]);
    const watcher = watch([...this.#tops, ...this.#files], {
      ignoreInitial: true,
      ignored: (path) => this.#isApart(path),
      followSymlinks: false,
    });
    this.#watcher = watcher;
    watcher.on('all', () => this.#touched());
    await new Promise<void>((done, failed) => {
      watcher.once('ready', done);
      watcher.on('error', (error) => {
        const fault = new HostFault('watch the files of the repository', error);
        this.#next.abort(fault);
        failed(fault);
      });
    });
  }

  #isApart(path: string): boolean {
    return (
      path.endsWith('/.git') ||
      path.includes('/.git/') ||
      this.#ignored.has(path) ||
      this.#apart.some((folder) => path === folder || path.startsWith(`${folder}/`))
    );
  }

  #touched(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#looking = this.#looking.then(() => this.#look()).catch((error: unknown) => this.#next.abort(error));
    }, quiet);
  }

  /** A watcher tells of more than changes, and of files that do not matter. */
  async #look(): Promise<void> {
    const now = await this.#stamps();
    const names = [...new Set([...now.keys(), ...this.#known.keys()])].filter(
      (name) => now.get(name) !== this.#known.get(name),
    );
    this.#known = now;
    if (names.length > 0) {
      this.#next.abort(new Changed(names));
    }
  }

  async #stamps(): Promise<ReadonlyMap<string, string>> {
    const listed = await Promise.all(this.#tops.map(listedIn));
    const paths = [...listed.flat().filter((path) => !this.#isApart(path)), ...this.#files];
    const stamps = await Promise.all(paths.map(async (path) => [path, await stampOf(path)] as const));
    return new Map(stamps.flatMap(([path, stamp]) => (stamp === undefined ? [] : [[path, stamp] as const])));
  }

  async #ignoredPaths(): Promise<ReadonlySet<string>> {
    const found = await Promise.all(
      this.#tops.map(async (top) => {
        const args = ['ls-files', '-z', '--others', '--ignored', '--exclude-standard', '--directory'];
        return pathsIn(top, await gitIn(top).raw(args));
      }),
    );
    return new Set(found.flat());
  }
}

async function listedIn(top: string): Promise<readonly string[]> {
  return pathsIn(top, await gitIn(top).raw(['ls-files', '-z', '--cached', '--others', '--exclude-standard']));
}

function pathsIn(top: string, listed: string): readonly string[] {
  return listed.split('\0').flatMap((name) => (name === '' ? [] : [join(top, name.replace(/\/$/, ''))]));
}

async function stampOf(path: string): Promise<string | undefined> {
  try {
    const { mtimeNs, size, mode, ino } = await lstat(path, { bigint: true });
    return `${mtimeNs} ${size} ${mode} ${ino}`;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) {
      return undefined;
    }
    throw new HostFault(`look at ${path}`, error);
  }
}
