import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attempt } from '../../../host/attempt.ts';
import { causeText, WrongInput } from '../../../host/fault.ts';
import type { SourceRequest } from '../../../model/lease.ts';
import { packFolder } from '../../../service/pack.ts';
import { gitUrl, withoutUser, withoutUsers } from '../address.ts';
import { makeRepository } from './repository.ts';
import { addSubmodules } from './submodules.ts';
import { checkRef, noSuchRef, type WantedCommit, wantedCommit } from './wanted.ts';

/** Commits of history when nobody says how many. */
export const usualDepth = 1;

/**
 * A repository at one ref as a tar, with a `.git` that knows where it came from but not with which credentials: the
 * host's own are used to fetch it. Rejects with a `WrongInput` for what cannot be had.
 */
export async function cloneRepository(
  repository: string,
  request: SourceRequest,
  signal: AbortSignal,
): Promise<AsyncGenerator<Uint8Array>> {
  const url = gitUrl(repository);
  const { ref = '' } = request;
  checkRef(ref);
  return await inOwnFolder(async (folder) => {
    const wanted = await ask(folder, url, ref, signal);
    await cloneInto(folder, { url, origin: url, wanted }, request, signal);
  });
}

/** Where a clone comes from. */
interface CloneSource {
  readonly url: string;
  /** What the repository says it came from. */
  readonly origin: string | undefined;
  readonly wanted: WantedCommit;
}

/** The files of a commit with its repository, and the submodules that are asked for. */
export async function cloneInto(
  folder: string,
  { url, origin, wanted }: CloneSource,
  { depth = usualDepth, tags = false, sparse, submodules = 'none' }: SourceRequest,
  signal: AbortSignal,
): Promise<void> {
  const plan = { url, wanted, depth, tags, files: true };
  const more = { ...(origin === undefined ? {} : { origin }), ...(sparse === undefined ? {} : { sparse }) };
  await makeRepository(folder, { ...plan, ...more }, signal);
  if (submodules === 'own' || submodules === 'recursive') {
    await addSubmodules(folder, { parent: origin ?? url, deep: submodules === 'recursive', depth }, signal);
  }
}

async function ask(folder: string, url: string, ref: string, signal: AbortSignal): Promise<WantedCommit> {
  try {
    const wanted = await wantedCommit(folder, url, ref, signal);
    if (wanted === undefined) {
      throw noSuchRef(ref, url);
    }
    return wanted;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof WrongInput) {
      throw error;
    }
    const words = withoutUsers(causeText(error).trim());
    throw new WrongInput([{ message: `could not fetch "${ref || 'HEAD'}" of ${withoutUser(url)}: ${words}` }]);
  }
}

/** The tar of a temporary folder once it was filled; the folder is gone when the tar was read, or given up. */
export async function inOwnFolder(fill: (folder: string) => Promise<void>): Promise<AsyncGenerator<Uint8Array>> {
  const folder = await temporaryFolder();
  try {
    await fill(folder);
    return packAndRemove(folder);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

export function temporaryFolder(): Promise<string> {
  return attempt('make a folder for a clone', () => mkdtemp(join(tmpdir(), 'lightv-clone-')));
}

async function* packAndRemove(folder: string): AsyncGenerator<Uint8Array> {
  try {
    yield* packFolder(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
