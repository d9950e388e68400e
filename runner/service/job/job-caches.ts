import type { ServedJob } from '../../model/job-services.ts';
import type { CacheEntry } from '../cache/entries.ts';
import type { ScopedCache } from '../cache/store.ts';
import type { Download } from './download.ts';
import { refused } from './refused.ts';
import type { Upload } from './upload.ts';
import type { UploadAbout, Uploads } from './uploads.ts';

/** The caches of a branch, or of another ref, of the repository. */
export type OpenScope = (ref: string) => ScopedCache;

/** Which caches a job may read, in the order in which they are looked through, and which it may write. */
export interface CacheScopes {
  readonly write: string;
  readonly read: readonly string[];
}

/**
 * A job reads the caches of its own ref, of the base of its pull request and of the default branch, and writes those of
 * its own ref (https://docs.github.com/actions/reference/workflows-and-actions/dependency-caching).
 */
export function cacheScopes(github: ServedJob['github']): CacheScopes {
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  const { repository } = (github.event ?? {}) as { readonly repository?: { readonly default_branch?: unknown } };
  const own = text(github.ref);
  const branches = [text(github.base_ref), text(repository?.default_branch) || 'main'];
  const others = branches.filter((branch) => branch !== '').map((branch) => `refs/heads/${branch}`);
  return { write: own, read: [...new Set([own, ...others])] };
}

/** What identifies a cache: what its maker calls it, and how and of what it was made. */
export interface CacheName {
  readonly key: string;
  readonly version: string;
}

/** Bounds of GitHub's. */
const keyMax = 512;
const keysMax = 10;

/**
 * The caches as one job's clients see them. Keys of one scope that are being saved by some job of this run are taken,
 * which `saving` holds.
 */
export class JobCaches {
  readonly scopes: CacheScopes;
  readonly #open: OpenScope;
  readonly #uploads: Uploads;
  readonly #saving: Set<string>;

  constructor(scopes: CacheScopes, open: OpenScope, uploads: Uploads, saving: Set<string>) {
    this.scopes = scopes;
    this.#open = open;
    this.#uploads = uploads;
    this.#saving = saving;
  }

  /** The exact key of a scope, else the newest that begins with one of the keys; scope after scope. Throws a `Refused`. */
  async find(keys: readonly string[], version: string): Promise<{ entry: CacheEntry; scope: string } | undefined> {
    if (keys.length === 0 || keys.length > keysMax) {
      throw refused('invalid_argument', `1 to ${keysMax} keys may be asked for`);
    }
    const whole = keys.map((key) => wholeKey({ key, version }));
    for (const scope of this.scopes.read) {
      const entry = await this.#open(scope).find(whole[0] ?? '', whole);
      if (entry !== undefined) {
        return { entry, scope };
      }
    }
    return undefined;
  }

  /** All caches the job may read whose keys begin with `prefix`, whatever their versions; for whoever looks for a reason. */
  async list(prefix: string): Promise<readonly { entry: CacheEntry; scope: string }[]> {
    const found = await Promise.all(
      this.scopes.read.map(async (scope) => (await this.#open(scope).list('')).map((entry) => ({ entry, scope }))),
    );
    return found.flat().filter(({ entry }) => nameOf(entry).key.startsWith(prefix));
  }

  /** The id of an upload that is to become a cache; `undefined` when the key has one, or another job is at it. */
  async begin(name: CacheName): Promise<string | undefined> {
    const whole = wholeKey(name);
    const scoped = `${this.scopes.write}\n${whole}`;
    if (this.#saving.has(scoped)) {
      return undefined;
    }
    this.#saving.add(scoped);
    try {
      if (await this.#open(this.scopes.write).has(whole)) {
        this.#saving.delete(scoped);
        return undefined;
      }
      const about: UploadAbout = { kind: 'cache', name: whole, type: 'application/octet-stream' };
      return this.#uploads.open(about, () => this.#saving.delete(scoped)).id;
    } catch (error) {
      this.#saving.delete(scoped);
      throw error;
    }
  }

  /** Keeps what was uploaded under a key; its entry, or `undefined` when another run was faster. Throws a `Refused`. */
  async end(name: CacheName, size: number, ready?: (upload: Upload) => void): Promise<CacheEntry | undefined> {
    const whole = wholeKey(name);
    const open = this.#uploads.take('cache', whole);
    if (open === undefined) {
      throw refused('not_found', `no upload was begun for the cache "${name.key}"`);
    }
    try {
      ready?.(open.upload);
      if (open.upload.size !== size) {
        const came = open.upload.size === undefined ? 'none' : `${open.upload.size}`;
        throw refused('invalid_argument', `the cache was to have ${size} bytes, and ${came} came`);
      }
      const cache = this.#open(this.scopes.write);
      return (await cache.save(whole, open.upload.contents())) ? await cache.find(whole, []) : undefined;
    } finally {
      this.#saving.delete(`${this.scopes.write}\n${whole}`);
      await open.upload.close();
    }
  }

  /** What a client downloads, by the name of the entry; `undefined` when it is gone. */
  async open(name: string): Promise<Download | undefined> {
    for (const scope of this.scopes.read) {
      const found = await this.#open(scope).open(name);
      if (found !== undefined) {
        return { ...found, type: 'application/octet-stream' };
      }
    }
    return undefined;
  }
}

/** The name that an entry was kept under. */
export function nameOf({ key }: CacheEntry): CacheName {
  const at = key.indexOf(':');
  return { version: key.slice(0, at), key: key.slice(at + 1) };
}

/** Caches of one version never answer for another; the version comes first so that keys can be searched by their start. */
function wholeKey({ key, version }: CacheName): string {
  if (key === '' || key.length > keyMax || key.includes(',')) {
    throw refused('invalid_argument', `the key of a cache has 1 to ${keyMax} characters and no comma`);
  }
  if (!/^[\w.-]{1,128}$/.test(version)) {
    throw refused('invalid_argument', 'the version of a cache is a digest');
  }
  return `${version}:${key}`;
}
