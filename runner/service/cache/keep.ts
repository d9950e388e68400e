import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { link, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type CacheEntry, entriesOf, onlyMissing, recordFile } from './entries.ts';

/** Milliseconds after which a file of no entry that nobody writes to was left by a process that died. */
const remainsAge = 24 * 3600 * 1000;

export interface Keeping {
  readonly folder: string;
  /** The entry's. */
  readonly name: string;
  readonly key: string;
  readonly contents: AsyncIterable<Uint8Array>;
  /** Bytes of all entries together. */
  readonly limit: number;
}

/**
 * Keeps contents under the name of their digest, so that the same contents are there once however many keys they have,
 * and then links the record: neither a crash nor a second process shows half an entry. False when it is larger than all
 * entries may be, or when somebody was faster.
 */
export async function keepEntry({ folder, name, key, contents, limit }: Keeping): Promise<boolean> {
  const fresh = join(folder, `new-${randomBytes(8).toString('hex')}`);
  const files = { tar: `${fresh}.tar`, record: `${fresh}.new` };
  try {
    const written = await writeBounded(files.tar, contents, limit);
    if (written === undefined) {
      return false;
    }
    const { size, digest } = written;
    const tar = `${digest}.tar`;
    await makeRoom(folder, limit - size, tar);
    await linkOnce(files.tar, join(folder, tar));
    await writeFile(files.record, JSON.stringify({ key, tar, size, created: Date.now() }));
    const kept = await linkOnce(files.record, recordFile(folder, name));
    if (!kept) {
      await removeUnused(folder, tar);
    }
    return kept;
  } finally {
    await rm(files.record, { force: true });
    await rm(files.tar, { force: true });
  }
}

/** Resolves to `undefined` when there is more than the whole cache may be. */
async function writeBounded(file: string, contents: AsyncIterable<Uint8Array>, limit: number) {
  let size = 0;
  const hash = createHash('sha256');
  const tooLarge = new Error('larger than the cache');
  const count = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      size += chunk.length;
      hash.update(chunk);
      done(size > limit ? tooLarge : null, chunk);
    },
  });
  try {
    await pipeline(Readable.from(contents, { objectMode: false }), count, createWriteStream(file, { mode: 0o600 }));
    return { size, digest: hash.digest('hex') };
  } catch (error) {
    if (error === tooLarge) {
      return undefined;
    }
    throw error;
  }
}

/**
 * Removes the least recently used entries until the rest is at most `room` bytes, not counting the file `mine`, which
 * stays. A reader keeps what it has open.
 */
async function makeRoom(folder: string, room: number, mine: string): Promise<void> {
  const entries = [...(await entriesOf(folder, ''))].sort((a, b) => a.used - b.used);
  await removeRemains(folder, new Set(entries.map((entry) => entry.tar)));
  const left = new Set(entries);
  for (const entry of entries) {
    if (bytesOf(left, mine) <= room) {
      return;
    }
    left.delete(entry);
    await rm(recordFile(folder, entry.name), { force: true });
    if (entry.tar !== mine && ![...left].some(({ tar }) => tar === entry.tar)) {
      await rm(join(folder, entry.tar), { force: true });
    }
  }
}

async function removeUnused(folder: string, tar: string): Promise<void> {
  if (!(await entriesOf(folder, '')).some((entry) => entry.tar === tar)) {
    await rm(join(folder, tar), { force: true });
  }
}

function bytesOf(entries: ReadonlySet<CacheEntry>, without: string): number {
  const sizes = new Map([...entries].map(({ tar, size }) => [tar, size]));
  sizes.delete(without);
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

async function removeRemains(folder: string, kept: ReadonlySet<string>): Promise<void> {
  const names = (await readdir(folder)).filter((name) => /\.(?:tar|new)$/.test(name) && !kept.has(name));
  for (const name of names) {
    const found = await stat(join(folder, name)).catch(onlyMissing(undefined));
    if (found !== undefined && Date.now() - found.mtimeMs > remainsAge) {
      await rm(join(folder, name), { force: true });
    }
  }
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
