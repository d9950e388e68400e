import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attempt } from '../../host/attempt.ts';
import { causeText, WrongInput } from '../../host/fault.ts';
import type { SourceRequest } from '../../model/lease.ts';
import { packFolder } from '../../service/pack.ts';
import { gitIn } from './git.ts';

/**
 * A repository at one ref as a tar, with a `.git` of `depth` commits that knows where it came from but not with which
 * credentials. The host's own credentials are used to fetch it. Rejects with a `WrongInput` for what cannot be had.
 */
export async function cloneRepository(
  repository: string,
  { ref, depth = 1 }: SourceRequest,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const url = gitUrl(repository);
  const folder = await attempt('make a folder for a clone', () => mkdtemp(join(tmpdir(), 'lightv-clone-')));
  try {
    await fetchInto(folder, url, ref ?? 'HEAD', depth, signal);
    return packAndRemove(folder);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** `owner/name` is a repository of GitHub; anything else is an address as git takes it. Throws a `WrongInput`. */
export function gitUrl(repository: string): string {
  if (/^[\w.-]+\/[\w.-]+$/.test(repository) && !repository.startsWith('.')) {
    return `https://github.com/${repository}.git`;
  }
  if (/^(?:https?|ssh|git|file):\/\/[^\s-]|^[\w.-]+@[\w.-]+:[^\s-]|^\//.test(repository)) {
    return repository;
  }
  throw new WrongInput([
    {
      message: `"${withoutUser(repository)}" is no repository; allowed: owner/name, https://, ssh://, git://, file://, user@host:path`,
    },
  ]);
}

/** An address as a guest may know it: without user and password. */
export function withoutUser(url: string): string {
  return url.replace(/^([a-z+]+:\/\/)[^/]*@/i, '$1');
}

/** Fetching by address into a fresh repository keeps remotes, headers and helpers of the host out of its configuration. */
async function fetchInto(folder: string, url: string, ref: string, depth: number, signal: AbortSignal): Promise<void> {
  if (ref.startsWith('-') || /[\s\0:*]/.test(ref)) {
    throw new WrongInput([{ message: `"${ref}" is no ref of a repository` }]);
  }
  const git = gitIn(folder, signal);
  try {
    await git.raw(['init', '--quiet']);
    await git.raw(['fetch', '--quiet', '--no-tags', '--depth', String(depth), url, ref]);
    await git.raw(['-c', 'advice.detachedHead=false', 'checkout', '--quiet', '--detach', 'FETCH_HEAD']);
    await git.raw(['remote', 'add', 'origin', withoutUser(url)]);
  } catch (error) {
    signal.throwIfAborted();
    const words = withoutUsers(causeText(error).trim());
    throw new WrongInput([{ message: `could not fetch "${ref}" of ${withoutUser(url)}: ${words}` }]);
  }
  for (const name of ['FETCH_HEAD', 'logs', 'hooks']) {
    await rm(join(folder, '.git', name), { recursive: true, force: true });
  }
}

/** A text with the user and password taken out of every address in it. */
export function withoutUsers(text: string): string {
  return text.replace(/([a-z+]+:\/\/)[^/\s]*@/gi, '$1');
}

async function* packAndRemove(folder: string): AsyncGenerator<Uint8Array> {
  try {
    yield* packFolder(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
