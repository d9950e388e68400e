import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { attempt } from '../../host/attempt.ts';
import { sha256 } from '../../host/digest.ts';
import type { CacheStore } from '../../model/lease.ts';
import { type CacheEntry, entriesOf, isWhole, onlyMissing, readEntry, touch } from './entries.ts';
import { keepEntry } from './keep.ts';

export interface CacheOptions {
  /** Where all caches live; made when needed. Any number of processes may use it at once. */
  readonly folder: string;
  /** Entries of one scope never answer another's keys: the repository. */
  readonly scope: string;
  /** Bytes of all entries together, of every scope; the least recently used go first. */
  readonly limit: number;
}

/** A scope of the caches of this host. Failures of the host are `HostFault`s. */
export interface ScopedCache extends CacheStore {
  /** Bytes of all entries together. */
  readonly limit: number;
  /** The entry that `restore` would give; it counts as asked for. */
  find(key: string, restoreKeys: readonly string[]): Promise<CacheEntry | undefined>;
  has(key: string): Promise<boolean>;
  /** Those whose keys start with `prefix`, the newest first. */
  list(prefix: string): Promise<readonly CacheEntry[]>;
  /** The contents of an entry of this scope by its name, for whoever closes it; `undefined` when it is gone. */
  open(name: string): Promise<{ readonly handle: FileHandle; readonly size: number } | undefined>;
}

/** Keeps one file a key: GitHub's caches and LightV's own, in scopes of their own. */
export function openCache({ folder, scope, limit }: CacheOptions): ScopedCache {
  const mine = sha256(scope).slice(0, 16);
  const nameOf = (key: string) => `${mine}-${sha256(key)}`;
  const look = <T>(work: () => Promise<T>) => attempt(`look into the cache ${folder}`, work);
  const has = async (key: string) => {
    const entry = await readEntry(folder, nameOf(key));
    return entry !== undefined && (await isWhole(folder, entry));
  };
  return {
    limit,
    has: (key) => look(() => has(key)),
    list: (prefix) =>
      look(async () => newestFirst(await entriesOf(folder, mine)).filter(({ key }) => key.startsWith(prefix))),
    find: (key, restoreKeys) =>
      look(async () => {
        for (const entry of candidates(await entriesOf(folder, mine), key, restoreKeys)) {
          if (await isWhole(folder, entry)) {
            await touch(folder, entry);
            return entry;
          }
        }
        return undefined;
      }),
    open: (name) => look(async () => (name.startsWith(`${mine}-`) ? await openByName(folder, name) : undefined)),
    restore: (key, restoreKeys) =>
      look(async () => {
        for (const entry of candidates(await entriesOf(folder, mine), key, restoreKeys)) {
          const handle = await openIfThere(folder, entry);
          if (handle !== undefined) {
            await touch(folder, entry);
            return { key: entry.key, tar: contents(handle) };
          }
        }
        return undefined;
      }),
    save: (key, tar) =>
      attempt(`keep the cache entry "${key}"`, async () => {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        return !(await has(key)) && (await keepEntry({ folder, name: nameOf(key), key, contents: tar, limit }));
      }),
  };
}

/** The exact key, then restore keys in their order, the newest first under each. */
function candidates(
  entries: readonly CacheEntry[],
  key: string,
  restoreKeys: readonly string[],
): readonly CacheEntry[] {
  const newest = newestFirst(entries);
  const exact = newest.filter((entry) => entry.key === key);
  return [...exact, ...restoreKeys.flatMap((prefix) => newest.filter((entry) => entry.key.startsWith(prefix)))];
}

function newestFirst(entries: readonly CacheEntry[]): readonly CacheEntry[] {
  return [...entries].sort((a, b) => b.created - a.created);
}

async function openByName(folder: string, name: string) {
  const entry = await readEntry(folder, name);
  const handle = entry === undefined ? undefined : await openIfThere(folder, entry);
  return entry === undefined || handle === undefined ? undefined : { handle, size: entry.size };
}

async function* contents(handle: FileHandle): AsyncGenerator<Uint8Array> {
  try {
    yield* handle.createReadStream({ autoClose: false }) as AsyncIterable<Uint8Array>;
  } finally {
    await handle.close();
  }
}

async function openIfThere(folder: string, { tar }: CacheEntry): Promise<FileHandle | undefined> {
  return await open(join(folder, tar), 'r').catch(onlyMissing(undefined));
}
