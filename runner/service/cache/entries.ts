import { readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const record = z.object({ key: z.string(), tar: z.string(), size: z.int(), created: z.number() });

/** One entry of a folder of caches: a record, and the file that it names. */
export interface CacheEntry extends z.infer<typeof record> {
  /** The record's, without its ending. */
  readonly name: string;
  /** When it was last asked for, in milliseconds since 1970. */
  readonly used: number;
}

/** The entries whose names start with `prefix`. Files of records that vanish meanwhile are passed over. */
export async function entriesOf(folder: string, prefix: string): Promise<readonly CacheEntry[]> {
  const names = await readdir(folder).catch(onlyMissing<string[]>([]));
  const records = names.filter((name) => name.endsWith('.json') && name.startsWith(prefix));
  const entries = await Promise.all(records.map((name) => readEntry(folder, name.slice(0, -'.json'.length))));
  return entries.filter((entry) => entry !== undefined);
}

export async function readEntry(folder: string, name: string): Promise<CacheEntry | undefined> {
  const file = recordFile(folder, name);
  const text = await readFile(file, 'utf8').catch(onlyMissing(undefined));
  const found = await stat(file).catch(onlyMissing(undefined));
  return text === undefined || found === undefined
    ? undefined
    : { ...record.parse(JSON.parse(text)), name, used: found.mtimeMs };
}

export function recordFile(folder: string, name: string): string {
  return join(folder, `${name}.json`);
}

/** Whether an entry is whole; one that has lost its file, as between two processes that make room, goes. */
export async function isWhole(folder: string, { name, tar }: CacheEntry): Promise<boolean> {
  if ((await stat(join(folder, tar)).catch(onlyMissing(undefined))) !== undefined) {
    return true;
  }
  await rm(recordFile(folder, name), { force: true });
  return false;
}

/** Notes that an entry was asked for: those asked for last are the last to go. */
export async function touch(folder: string, { name }: CacheEntry): Promise<void> {
  const now = new Date();
  await utimes(recordFile(folder, name), now, now).catch(onlyMissing(undefined));
}

export function onlyMissing<T>(fallback: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT') {
      return fallback;
    }
    throw error;
  };
}
