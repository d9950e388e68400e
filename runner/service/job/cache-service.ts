import { z } from 'zod';
import { type JobCaches, nameOf } from './job-caches.ts';
import type { SignedUrls } from './signed-url.ts';
import { int64, method, type TwirpServices } from './twirp.ts';

const named = z.object({ key: z.string(), version: z.string() });

/** The caches of a repository for one of its jobs: GitHub's cache service, version 2. */
export function cacheService(caches: JobCaches, urls: SignedUrls): TwirpServices[string] {
  return {
    CreateCacheEntry: method(named, async (name) => {
      const id = await caches.begin(name);
      return id === undefined
        ? { ok: false, message: 'a cache with this key and version exists, or another job is saving one' }
        : { ok: true, signed_upload_url: urls.sign(`/blob/upload/${id}`) };
    }),
    FinalizeCacheEntryUpload: method(
      named.extend({ size_bytes: int64.default(0) }),
      async ({ size_bytes, ...name }) => {
        const entry = await caches.end(name, size_bytes);
        return entry === undefined
          ? { ok: false, message: 'a cache with this key and version was saved meanwhile' }
          : { ok: true, entry_id: `${idOf(entry.name)}` };
      },
    ),
    GetCacheEntryDownloadURL: method(
      named.extend({ restore_keys: z.array(z.string()).default([]) }),
      async ({ key, restore_keys: restoreKeys, version }) => {
        const found = await caches.find([key, ...restoreKeys], version);
        return found === undefined
          ? { ok: false }
          : {
              ok: true,
              signed_download_url: urls.sign(`/blob/cache/${found.entry.name}`),
              matched_key: nameOf(found.entry).key,
            };
      },
    ),
  };
}

/** A number for an entry, which clients print. */
function idOf(name: string): number {
  return Number.parseInt(name.slice(-12), 16);
}
