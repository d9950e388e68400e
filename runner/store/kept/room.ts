import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { attempt } from '../../host/attempt.ts';
import type { RunRecord } from '../record.ts';
import type { RunStore } from '../store.ts';
import { forgetKept, isKept } from './file.ts';

/** How much may be kept of runs that did not succeed. */
export interface KeptBounds {
  /** On disk, all runs together. */
  readonly bytes: number;
  readonly runs: number;
}

/** Bytes that files take on disk, each counted once whatever its names. Files that are gone take none. */
export async function bytesOf(files: Iterable<string>): Promise<number> {
  const seen = new Set<string>();
  let bytes = 0;
  for (const file of files) {
    const found = await lstat(file, { bigint: true }).catch(unlessGone);
    if (found !== undefined && !seen.has(`${found.dev} ${found.ino}`)) {
      seen.add(`${found.dev} ${found.ino}`);
      bytes += Number(found.blocks) * 512;
    }
  }
  return bytes;
}

/** Every file in a folder and below, absolute; none where there is no such folder. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(unlessGone);
  return (entries ?? []).filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
}

/**
 * Drops what is kept of the oldest runs until the rest is within the bounds. Runs that were to be kept whatever it takes
 * are neither dropped nor counted. A run dropped keeps its record, its log and its artifacts.
 */
export async function dropOldest(store: RunStore, bounds: KeptBounds): Promise<void> {
  const files: string[] = [];
  let runs = 0;
  for (const { id } of store.list().filter(hasEnded)) {
    const folder = store.folderOf(id);
    const kept = await isKept(folder);
    if (kept === undefined || kept.pinned) {
      continue;
    }
    runs += 1;
    files.push(...(await filesBelow(disksOf(folder))));
    if (runs > bounds.runs || (await bytesOf(files)) > bounds.bytes) {
      await dropKept(folder);
    }
  }
}

/** Forgets what is kept of a run, then removes its disks: never the other way round. */
export async function dropKept(folder: string): Promise<void> {
  await forgetKept(folder);
  await attempt(`remove ${disksOf(folder)}`, () => rm(disksOf(folder), { recursive: true, force: true }));
}

/** Of the run whose folder this is. */
export function disksOf(folder: string): string {
  return join(folder, 'disks');
}

function hasEnded({ state }: RunRecord): boolean {
  return state !== 'running' && state !== 'lost';
}

function unlessGone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') {
    throw error;
  }
}
