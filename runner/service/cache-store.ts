import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { type FileHandle, link, mkdir, open, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { attempt } from '../host/attempt.ts';
import { sha256 } from '../host/digest.ts';
import type { CacheStore } from '../model/lease.ts';

const record = z.object({ key: z.string(), tar: z.string(), size: z.int(), created: z.number() });
type Entry = z.infer<typeof record> & { readonly name: string; readonly used: number };

export interface CacheOptions {
  /** Where all caches live; made when needed. Any number of processes may use it at once. */
  readonly folder: string;
  /** Entries of one scope never answer another's keys: the repository. */
  readonly scope: string;
  /** Bytes of all entries together, of every scope; the least recently used go first. */
  readonly limit: number;
}

/**
 * Keeps one tar a key. An entry is there when its record is: the tar is written first and the record linked last, so
 * neither a crash nor a second process shows half an entry. Failures of the host are `HostFault`s.
 */
export function openCache({ folder, scope, limit }: CacheOptions): CacheStore {
  const mine = sha256(scope).slice(0, 16);
  return {
    restore: (key, restoreKeys) =>
      attempt(`look into the cache ${folder}`, async () => {
        for (const entry of candidates(await entriesOf(folder, mine), key, restoreKeys)) {
          const handle = await openIfThere(join(folder, entry.tar));
          if (handle !== undefined) {
            await touch(join(folder, `${entry.name}.json`));
            return { key: entry.key, tar: contents(handle) };
          }
        }
        return undefined;
      }),
    save: (key, tar) =>
      attempt(`keep the cache entry "${key}"`, async () => {
        const name = `${mine}-${sha256(key)}`;
        await mkdir(folder, { recursive: true, mode: 0o700 });
        if (await exists(join(folder, `${name}.json`))) {
          return false;
        }
        return await keep(folder, name, key, tar, limit);
      }),
  };
}

/** The exact key, then restore keys in their order, the newest first under each. */
function candidates(entries: readonly Entry[], key: string, restoreKeys: readonly string[]): readonly Entry[] {
  const newest = [...entries].sort((a, b) => b.created - a.created);
  const exact = newest.filter((entry) => entry.key === key);
  return [...exact, ...restoreKeys.flatMap((prefix) => newest.filter((entry) => entry.key.startsWith(prefix)))];
}

async function keep(folder: string, name: string, key: string, tar: AsyncIterable<Uint8Array>, limit: number) {
  const fresh = `${name}-${randomBytes(8).toString('hex')}`;
  const files = { tar: join(folder, `${fresh}.tar`), record: join(folder, `${fresh}.new`) };
  let kept = false;
  try {
    const size = await writeBounded(files.tar, tar, limit);
    if (size !== undefined) {
      await makeRoom(folder, limit - size);
      await writeFile(files.record, JSON.stringify({ key, tar: `${fresh}.tar`, size, created: Date.now() }));
      kept = await linkOnce(files.record, join(folder, `${name}.json`));
    }
    return kept;
  } finally {
    await rm(files.record, { force: true });
    if (!kept) {
      await rm(files.tar, { force: true });
    }
  }
}

/** Resolves to the size, or to `undefined` when the tar is larger than the whole cache may be. */
async function writeBounded(file: string, tar: AsyncIterable<Uint8Array>, limit: number): Promise<number | undefined> {
  let size = 0;
  const tooLarge = new Error('larger than the cache');
  const count = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      size += chunk.length;
      done(size > limit ? tooLarge : null, chunk);
    },
  });
  try {
    await pipeline(Readable.from(tar, { objectMode: false }), count, createWriteStream(file, { mode: 0o600 }));
    return size;
  } catch (error) {
    if (error === tooLarge) {
      return undefined;
    }
    throw error;
  }
}

/** Removes the least recently used entries until the rest is at most `room` bytes. A reader keeps what it has open. */
async function makeRoom(folder: string, room: number): Promise<void> {
  const entries = [...(await entriesOf(folder, ''))].sort((a, b) => a.used - b.used);
  await removeRemains(folder, new Set(entries.map((entry) => entry.tar)));
  let total = entries.reduce((sum, entry) => sum + entry.size, 0);
  for (const entry of entries) {
    if (total <= room) {
      return;
    }
    await rm(join(folder, `${entry.name}.json`), { force: true });
    await rm(join(folder, entry.tar), { force: true });
    total -= entry.size;
  }
}

/** Removes what a process that died while it saved has left: files of no entry that nobody wrote to for a day. */
async function removeRemains(folder: string, kept: ReadonlySet<string>): Promise<void> {
  const names = (await readdir(folder)).filter((name) => /\.(?:tar|new)$/.test(name) && !kept.has(name));
  for (const name of names) {
    const found = await stat(join(folder, name)).catch(onlyMissing(undefined));
    if (found !== undefined && Date.now() - found.mtimeMs > 24 * 3600 * 1000) {
      await rm(join(folder, name), { force: true });
    }
  }
}

async function entriesOf(folder: string, scope: string): Promise<readonly Entry[]> {
  const names = await readdir(folder).catch(onlyMissing<string[]>([]));
  const records = names.filter((name) => name.endsWith('.json') && name.startsWith(scope));
  const entries = await Promise.all(records.map((name) => readEntry(folder, name.slice(0, -'.json'.length))));
  return entries.filter((entry) => entry !== undefined);
}

async function readEntry(folder: string, name: string): Promise<Entry | undefined> {
  const file = join(folder, `${name}.json`);
  const text = await readFile(file, 'utf8').catch(onlyMissing(undefined));
  const found = await stat(file).catch(onlyMissing(undefined));
  return text === undefined || found === undefined
    ? undefined
    : { ...record.parse(JSON.parse(text)), name, used: found.mtimeMs };
}

async function* contents(handle: FileHandle): AsyncGenerator<Uint8Array> {
  try {
    yield* handle.createReadStream({ autoClose: false }) as AsyncIterable<Uint8Array>;
  } finally {
    await handle.close();
  }
}

async function touch(file: string): Promise<void> {
  const now = new Date();
  await utimes(file, now, now).catch(onlyMissing(undefined));
}

async function linkOnce(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      return false;
    }
    throw error;
  }
}

async function openIfThere(file: string): Promise<FileHandle | undefined> {
  return await open(file, 'r').catch(onlyMissing(undefined));
}

async function exists(file: string): Promise<boolean> {
  return (await stat(file).catch(onlyMissing(undefined))) !== undefined;
}

function onlyMissing<T>(fallback: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT') {
      return fallback;
    }
    throw error;
  };
}
