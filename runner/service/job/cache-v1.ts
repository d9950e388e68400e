import { z } from 'zod';
import { type CacheName, type JobCaches, nameOf } from './job-caches.ts';
import { answerHead, answerJson, type Exchange, readJson } from './message.ts';
import { Refused, refused } from './refused.ts';
import type { SignedUrls } from './signed-url.ts';
import { problemsIn } from './twirp.ts';
import type { Upload } from './upload.ts';
import type { Uploads } from './uploads.ts';

/** Where version 1 of the cache service lives, below its base. */
const base = '/_apis/artifactcache/';

const reservation = z.object({ key: z.string(), version: z.string(), cacheSize: z.int().min(0).optional() });
const commit = z.object({ size: z.int().min(0) });

/** Version 1 of GitHub's cache service for one job. Uploads are known by numbers there. */
export class CacheV1 {
  readonly #caches: JobCaches;
  readonly #uploads: Uploads;
  readonly #urls: SignedUrls;
  readonly #begun = new Map<number, { readonly name: CacheName; readonly upload: string }>();
  #last = 0;

  constructor(caches: JobCaches, uploads: Uploads, urls: SignedUrls) {
    this.#caches = caches;
    this.#uploads = uploads;
    this.#urls = urls;
  }

  /** Whether a request is for this service. */
  static serves({ pathname }: URL): boolean {
    return pathname.startsWith(base);
  }

  /** Throws a `Refused`. */
  async answer(exchange: Exchange): Promise<void> {
    const { request, url } = exchange;
    const path = url.pathname.slice(base.length);
    const id = Number(/^caches\/(\d{1,9})$/.exec(path)?.[1] ?? 0);
    switch (`${request.method} ${id > 0 ? 'caches/id' : path}`) {
      case 'GET cache':
        await this.#find(exchange);
        return;
      case 'GET caches':
        await this.#list(exchange);
        return;
      case 'POST caches':
        await this.#reserve(exchange);
        return;
      case 'PATCH caches/id':
        await this.#piece(exchange, id);
        return;
      case 'POST caches/id':
        await this.#commit(exchange, id);
        return;
      default:
        throw refused('bad_route', `there is no ${request.method} ${url.pathname} here`);
    }
  }

  async #find(exchange: Exchange): Promise<void> {
    const { searchParams } = exchange.url;
    const keys = (searchParams.get('keys') ?? '').split(',').map((key) => key.trim());
    const found = await this.#caches.find(keys, searchParams.get('version') ?? '');
    if (found === undefined) {
      answerHead(exchange, 204);
      return;
    }
    const { key } = nameOf(found.entry);
    const archiveLocation = this.#urls.sign(`/blob/cache/${found.entry.name}`);
    const creationTime = new Date(found.entry.created).toISOString();
    answerJson(exchange, { cacheKey: key, scope: found.scope, creationTime, archiveLocation });
  }

  async #list(exchange: Exchange): Promise<void> {
    const found = await this.#caches.list(exchange.url.searchParams.get('key') ?? '');
    const artifactCaches = found.slice(0, 100).map(({ entry, scope }) => {
      const { key, version } = nameOf(entry);
      const creationTime = new Date(entry.created).toISOString();
      return { cacheKey: key, cacheVersion: version, scope, creationTime };
    });
    answerJson(exchange, { totalCount: found.length, artifactCaches });
  }

  async #reserve(exchange: Exchange): Promise<void> {
    const { key, version } = read(reservation, await readJson(exchange));
    const upload = await this.#caches.begin({ key, version });
    if (upload === undefined) {
      throw refused('already_exists', 'a cache with this key and version exists, or another job is saving one');
    }
    this.#last += 1;
    this.#begun.set(this.#last, { name: { key, version }, upload });
    answerJson(exchange, { cacheId: this.#last }, 201);
  }

  async #piece(exchange: Exchange, id: number): Promise<void> {
    const { request } = exchange;
    const [, first, last] = /^bytes (\d{1,15})-(\d{1,15})\//.exec(request.headers['content-range'] ?? '') ?? [];
    const open = this.#uploads.get(this.#named(id).upload);
    if (open === undefined) {
      throw refused('not_found', 'the upload was given up');
    }
    if (first === undefined || Number(last) < Number(first)) {
      throw refused('invalid_argument', 'a piece of a cache says which bytes it has');
    }
    await open.upload.put(first, request, Number(last) - Number(first) + 1);
    answerHead(exchange, 204);
  }

  async #commit(exchange: Exchange, id: number): Promise<void> {
    const { name } = this.#named(id);
    const { size } = read(commit, await readJson(exchange));
    this.#begun.delete(id);
    if ((await this.#caches.end(name, size, orderByPlace)) === undefined) {
      throw refused('already_exists', 'a cache with this key and version was saved meanwhile');
    }
    answerHead(exchange, 204);
  }

  #named(id: number): { readonly name: CacheName; readonly upload: string } {
    const begun = this.#begun.get(id);
    if (begun === undefined) {
      throw refused('not_found', `no upload has the number ${id}`);
    }
    return begun;
  }
}

/** Pieces are known by where they begin, and must leave no gap and not overlap. */
function orderByPlace(upload: Upload): void {
  const pieces = [...upload.pieces].map(([id, size]) => ({ id, start: Number(id), size }));
  pieces.sort((one, other) => one.start - other.start);
  let at = 0;
  for (const { start, size } of pieces) {
    if (start !== at) {
      throw new Refused(400, 'invalid_argument', `the bytes from ${Math.min(at, start)} on came twice or not at all`);
    }
    at += size;
  }
  upload.order(pieces.map(({ id }) => id));
}

function read<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const found = schema.safeParse(value);
  if (!found.success) {
    throw refused('invalid_argument', problemsIn(found.error));
  }
  return found.data;
}
