import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestFn } from 'ava';

/** Gives every test of a file one cache of its own, removed at the end, and a folder in it for whatever else it writes. */
export function ownCache(test: TestFn): { readonly folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'lightv-image-'));
  process.env.LIGHTV_CACHE_DIR = join(folder, 'cache');
  test.after.always(() => rmSync(folder, { recursive: true, force: true }));
  return { folder };
}
