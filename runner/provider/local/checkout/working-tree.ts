import { lstat, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pack } from 'tar-stream';
import { WrongInput } from '../../../host/fault.ts';
import { packing } from '../../../host/tar.ts';
import type { SourceRequest } from '../../../model/lease.ts';
import { addEntry, addFolder } from '../../../service/pack.ts';
import { isServer } from '../address.ts';
import { askGit, gitIn } from '../git.ts';
import { temporaryFolder, usualDepth } from './clone.ts';
import { makeRepository } from './repository.ts';
import { sparseFilter } from './sparse.ts';
import { cloneSubmodule, type Submodule, submodulesOf } from './submodules.ts';
import { wantedHere } from './wanted.ts';

/**
 * The working tree as git sees it, as a tar: tracked and untracked files as they are on disk now, without the ignored
 * and the deleted. With `repository` a `.git` comes along, on the commit at hand: what differs from that is seen as
 * changed. It knows where the repository came from, and no credential. Fails with a `HostFault` or a `WrongInput`.
 */
export function packWorkingTree(top: string, request: SourceRequest, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const fill = (archive: Pack) => new TreePacking(archive, signal).add(top, '', request);
  return packing(`read the working tree ${top}`, fill, signal);
}

class TreePacking {
  readonly #archive: Pack;
  readonly #signal: AbortSignal;

  constructor(archive: Pack, signal: AbortSignal) {
    this.#archive = archive;
    this.#signal = signal;
  }

  /** `prefix`: where the tree is put, with a slash behind it, `''` for the top. */
  async add(top: string, prefix: string, request: SourceRequest): Promise<void> {
    if (request.withRepository === true) {
      await this.#temporary((folder) => repositoryOf(top, folder, request, this.#signal), '.git', `${prefix}.git`);
    }
    const { submodules = 'as-is', sparse } = request;
    const taken = sparse === undefined ? () => true : sparseFilter(sparse);
    const inner = submodules === 'own' || submodules === 'recursive' ? await submodulesOf(top) : [];
    for (const name of await namesIn(top, this.#signal)) {
      this.#signal.throwIfAborted();
      const kind = await lstat(join(top, name)).catch(ifMissing);
      if (kind?.isDirectory() === true) {
        const submodule = inner.find(({ path }) => path === name.replace(/\/$/, ''));
        await this.#inside(top, name.replace(/\/$/, ''), prefix, request, submodule);
      } else if (taken(name)) {
        await addEntry(this.#archive, join(top, name), `${prefix}${name}`);
      }
    }
  }

  /** A repository inside this one: a submodule, or a clone that nobody tracks. */
  async #inside(top: string, name: string, prefix: string, request: SourceRequest, submodule: Submodule | undefined) {
    const folder = join(top, name);
    const { submodules = 'as-is', sparse: _, ...rest } = request;
    const isHere = (await lstat(join(folder, '.git')).catch(ifMissing)) !== undefined;
    if (submodules === 'as-is') {
      return isHere ? await this.add(folder, `${prefix}${name}/`, rest) : undefined;
    }
    if (submodule === undefined) {
      return await addEntry(this.#archive, folder, `${prefix}${name}`);
    }
    const deep = submodules === 'recursive';
    if (isHere) {
      return await this.add(folder, `${prefix}${name}/`, { ...rest, submodules: deep ? 'recursive' : 'none' });
    }
    const { origin: parent = '' } = await here(top);
    const plan = { parent, deep, depth: request.depth ?? usualDepth };
    await this.#temporary((made) => cloneSubmodule(made, submodule, plan, this.#signal), '', `${prefix}${name}`);
  }

  async #temporary(fill: (folder: string) => Promise<void>, part: string, name: string): Promise<void> {
    const folder = await temporaryFolder();
    try {
      await fill(folder);
      await addFolder(this.#archive, join(folder, part), name);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

/** The repository of a working tree without its files. One without a commit is as new. */
async function repositoryOf(top: string, folder: string, request: SourceRequest, signal: AbortSignal): Promise<void> {
  const [wanted, { url, origin }] = await Promise.all([wantedHere(top, ''), here(top)]);
  if (wanted === undefined) {
    await gitIn(folder, signal).raw(['init', '--quiet']);
    return;
  }
  const { depth = usualDepth, tags = false, sparse } = request;
  const more = ['+refs/remotes/origin/*:refs/remotes/origin/*'];
  const plan = { url, wanted, depth, tags, more, files: false };
  const known = { ...(origin === undefined ? {} : { origin }), ...(sparse === undefined ? {} : { sparse }) };
  await makeRepository(folder, { ...plan, ...known }, signal);
}

/** How a repository of this host is fetched from, and the server it came from itself. */
export async function here(top: string): Promise<{ readonly url: string; readonly origin: string | undefined }> {
  const git = gitIn(top);
  const [common, written, expanded] = await Promise.all([
    git.raw(['rev-parse', '--path-format=absolute', '--git-common-dir']),
    askGit(git, 'config', '--get', 'remote.origin.url'),
    askGit(git, 'remote', 'get-url', 'origin'),
  ]);
  // As it is written, and with the short forms of the user's configuration written out.
  const origin = [written, expanded].find((url) => isServer(url ?? ''));
  return { url: `file://${common.replace(/\n$/, '')}`, origin };
}

/** What git lists, each once; a repository inside ends in a slash, or is a folder. */
async function namesIn(top: string, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const git = gitIn(top, signal);
  const listed = await git.raw(['ls-files', '-z', '--cached', '--others', '--exclude-standard']);
  const names = new Set(listed.split('\0').filter((part) => part !== ''));
  // Secrets of the user that nobody has committed are not every step's to read.
  if (names.has('.secrets') && (await git.raw(['ls-files', '--cached', '--', '.secrets'])) === '') {
    names.delete('.secrets');
  }
  const wrong = [...names].find((name) => name.includes('\ufffd'));
  if (wrong !== undefined) {
    throw new WrongInput([{ message: `the name of the file ${JSON.stringify(join(top, wrong))} is not UTF-8` }]);
  }
  return names;
}

function ifMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') {
    throw error;
  }
}
