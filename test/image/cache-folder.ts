import { join } from 'node:path';
import type { TestFn } from 'ava';
import { folderOfAll } from '../ground/folder.ts';

/** Gives every test of a file one cache of its own, removed at the end, and a folder in it for whatever else it writes. */
export function ownCache(test: TestFn): { readonly folder: string } {
  const folder = folderOfAll(test);
  process.env.LIGHTV_CACHE_DIR = join(folder, 'cache');
  return { folder };
}
