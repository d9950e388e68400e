import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { GuestRefusal } from '../guest/copy.ts';
import type { MicroVm } from '../model/machine.ts';
import { StepFailure } from './ending.ts';
import { GlobPatterns, isBelow } from './glob-patterns.ts';
import { folderIsThere } from './guest-folder.ts';
import { entriesOf } from './tar.ts';

/** Names that are looked at in one search. */
const mostNames = 200_000;
/** Links to folders that are followed below each other. */
const mostLinks = 20;
/** Milliseconds for one digest. */
const mostTime = 120_000;

const follow = '--follow-symbolic-links';

/** What `hashFiles()` is asked about. */
export interface HashRequest {
  readonly vm: MicroVm;
  /** Where patterns start, absolute; files outside do not count. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

/**
 * What `hashFiles()` gives for its arguments: SHA-256 over the SHA-256 of each file that matches, folder by folder in the
 * order of the patterns; '' for none. A link to a file counts as that file; one to a folder is followed when the first
 * argument says so. Throws a `StepFailure`.
 */
export async function hashFiles(asked: readonly string[], request: HashRequest): Promise<string> {
  const [first = '', ...rest] = asked;
  if (first.startsWith('--') && first.toLowerCase() !== follow) {
    throw new StepFailure('expression', `hashFiles(): found the option '${first}'; allowed: ${follow}`);
  }
  const following = first.startsWith('--');
  const patterns = new GlobPatterns(following ? rest : asked, request.folder);
  const limited = { ...request, signal: AbortSignal.any([request.signal, AbortSignal.timeout(mostTime)]) };
  try {
    return await digestOf(patterns, limited, following);
  } catch (error) {
    if (limited.signal.aborted && !request.signal.aborted) {
      throw new StepFailure('expression', `hashFiles(): ${asked.join(', ')} took over ${mostTime / 1000} s`);
    }
    throw error;
  }
}

async function digestOf(patterns: GlobPatterns, request: HashRequest, following: boolean): Promise<string> {
  const { starts } = patterns;
  const there = starts.length > 0 && (await isFolder('', request));
  const names = there ? await new Names(request, following).list('', request.folder, []) : [];
  const found = starts.flatMap((start) => names.filter(({ path }) => isBelow(path, start) && patterns.matches(path)));
  const plain = found.flatMap(({ path, linked }) => (linked ? [] : [path]));
  const digests = await plainDigests(plain, request);
  const all = createHash('sha256');
  let files = 0;
  for (const { path } of found) {
    const digest = digests.get(path) ?? (await linkedDigest(path, request));
    if (digest !== undefined) {
      all.update(digest);
      files += 1;
    }
  }
  return files === 0 ? '' : all.digest('hex');
}

interface Name {
  /** Relative to the folder. */
  readonly path: string;
  /** It is a link, or stands behind one. */
  readonly linked: boolean;
}

/** Lists what is not a folder; a guest lists in the order of names, folder by folder. */
class Names {
  readonly #request: HashRequest;
  readonly #following: boolean;
  #count = 0;

  constructor(request: HashRequest, following: boolean) {
    this.#request = request;
    this.#following = following;
  }

  /** `real`: where the folder at `prefix` is without the links on the way; `chain`: links to folders on the way. */
  async list(prefix: string, real: string, chain: readonly string[]): Promise<Name[]> {
    const { vm, folder, signal } = this.#request;
    const found: Name[] = [];
    const tar = await vm.copyOut(posix.join(folder, prefix), signal, { namesOnly: true });
    for await (const { name, entry } of entriesOf(tar)) {
      const { type, linkname } = entry.header;
      const path = posix.join(prefix, name);
      this.#bound();
      if (type === 'symlink' && this.#following && (await isFolder(path, this.#request))) {
        const parent = posix.join(real, posix.dirname(name));
        const target = posix.resolve(parent, linkname ?? '');
        const again = isInside(parent, target) || chain.includes(target) || chain.length >= mostLinks;
        found.push(...(again ? [] : await this.list(path, target, [...chain, target])));
      } else if (type !== 'directory') {
        found.push({ path, linked: type === 'symlink' || chain.length > 0 });
      }
    }
    return found;
  }

  #bound(): void {
    this.#count += 1;
    if (this.#count > mostNames) {
      throw new StepFailure('expression', `hashFiles(): there are more than ${mostNames} files to look at`);
    }
  }
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** Digests of files by their paths; one that is a hard link to another is that one. */
async function plainDigests(only: readonly string[], request: HashRequest): Promise<Map<string, Buffer>> {
  const digests = new Map<string, Buffer>();
  if (only.length === 0) {
    return digests;
  }
  const { vm, folder, signal } = request;
  for await (const { name, entry } of entriesOf(await vm.copyOut(folder, signal, { only: [...new Set(only)] }))) {
    const { type, linkname = '' } = entry.header;
    const same = type === 'link' ? digests.get(linkname) : undefined;
    if (type === 'file' || same !== undefined) {
      digests.set(name, same ?? (await contentDigest(entry)));
    }
  }
  return digests;
}

/** The digest of the file that a path leads to through links; `undefined` where it leads to a folder. */
async function linkedDigest(path: string, request: HashRequest): Promise<Buffer | undefined> {
  if (await isFolder(path, request)) {
    return undefined;
  }
  const { vm, folder, signal } = request;
  try {
    for await (const { entry } of entriesOf(await vm.copyOut(posix.join(folder, path), signal))) {
      return entry.header.type === 'file' ? await contentDigest(entry) : undefined;
    }
    return undefined;
  } catch (error) {
    if (error instanceof GuestRefusal) {
      throw new StepFailure('expression', `hashFiles(): ${path} cannot be read: ${error.message}`);
    }
    throw error;
  }
}

async function contentDigest(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const digest = createHash('sha256');
  for await (const chunk of content) {
    digest.update(chunk);
  }
  return digest.digest();
}

async function isFolder(path: string, { vm, folder, signal }: HashRequest): Promise<boolean> {
  return await folderIsThere(vm, posix.join(folder, path), signal);
}
