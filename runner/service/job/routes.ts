import type { ServedJob } from '../../model/job-services.ts';
import { artifactService } from './artifact-service.ts';
import { putBlob } from './block-blob.ts';
import { cacheService } from './cache-service.ts';
import { CacheV1 } from './cache-v1.ts';
import { type Download, sendFile } from './download.ts';
import type { JobCaches } from './job-caches.ts';
import { answerJson, bearer, type Exchange } from './message.ts';
import type { SigningKey } from './oidc-key.ts';
import { Refused, refused } from './refused.ts';
import type { RunArtifacts } from './run-artifacts.ts';
import type { SignedUrls } from './signed-url.ts';
import type { JobTokens, Use } from './tokens.ts';
import { callTwirp } from './twirp.ts';
import type { Uploads } from './uploads.ts';

/** All that one job's clients can ask for. */
export interface RouteParts {
  readonly job: ServedJob;
  /** Backend ids. */
  readonly ids: { readonly run: string; readonly job: string };
  /** Where clients find the services, without a slash at its end. */
  readonly origin: string;
  readonly tokens: JobTokens;
  readonly urls: SignedUrls;
  readonly uploads: Uploads;
  readonly caches: JobCaches;
  readonly artifacts: RunArtifacts;
  readonly signingKey: () => Promise<SigningKey>;
  readonly now: () => Date;
}

/** Path at which a job asks for its identity tokens. */
export function identityPath({ run, job }: RouteParts['ids']): string {
  return `/identity/${run}/${job}`;
}

/** Finds what a request is for, and who may ask for it. */
export class Routes {
  readonly #parts: RouteParts;
  readonly #cacheV1: CacheV1;

  constructor(parts: RouteParts) {
    this.#parts = parts;
    this.#cacheV1 = new CacheV1(parts.caches, parts.uploads, parts.urls);
  }

  /** Throws a `Refused`, or a `HostFault`. */
  async answer(exchange: Exchange): Promise<void> {
    const { url } = exchange;
    const { ids } = this.#parts;
    if (url.pathname.startsWith('/twirp/')) {
      await this.#twirp(exchange);
    } else if (CacheV1.serves(url)) {
      this.#stepOf('runtime', exchange);
      await this.#cacheV1.answer(exchange);
    } else if (url.pathname.startsWith('/blob/')) {
      await this.#blob(exchange);
    } else if (url.pathname === identityPath(ids)) {
      await this.#identity(exchange);
    } else if (url.pathname.startsWith('/.well-known/')) {
      await this.#wellKnown(exchange);
    } else {
      throw nothingAt(url);
    }
  }

  async #twirp(exchange: Exchange): Promise<void> {
    const { ids, job, artifacts, uploads, urls, caches } = this.#parts;
    const caller = { ...ids, step: this.#stepOf('runtime', exchange) };
    await callTwirp(exchange, {
      'github.actions.results.api.v1.ArtifactService': artifactService(caller, {
        ...{ artifacts, uploads, urls, onArtifact: job.onArtifact },
      }),
      'github.actions.results.api.v1.CacheService': cacheService(caches, urls),
    });
  }

  async #identity(exchange: Exchange): Promise<void> {
    this.#stepOf('identity', exchange);
    const { job, origin, now, signingKey } = this.#parts;
    const { answerIdentity } = await import('./oidc.ts');
    await answerIdentity(exchange, { job, issuer: origin, now: now() }, await signingKey());
  }

  async #wellKnown(exchange: Exchange): Promise<void> {
    const { origin, signingKey } = this.#parts;
    if (exchange.url.pathname === '/.well-known/openid-configuration') {
      answerJson(exchange, (await import('./oidc.ts')).discovery(origin));
    } else if (exchange.url.pathname === '/.well-known/jwks') {
      answerJson(exchange, { keys: [(await signingKey()).publicKey] });
    } else {
      throw nothingAt(exchange.url);
    }
  }

  async #blob(exchange: Exchange): Promise<void> {
    const { request, url } = exchange;
    const { artifacts, caches, uploads, urls } = this.#parts;
    const [, kind = '', id = ''] = /^\/blob\/(upload|artifact|cache)\/([\w-]+)$/.exec(url.pathname) ?? [];
    if (kind === '' || !urls.holds(url)) {
      throw new Refused(403, 'AuthenticationFailed', 'the address is not signed here, or holds no more');
    }
    if (kind === 'upload' && request.method === 'PUT') {
      await putBlob(exchange, found(uploads.get(id)).upload);
    } else if (kind !== 'upload' && (request.method === 'GET' || request.method === 'HEAD')) {
      const file = await (kind === 'artifact' ? artifacts.open(Number(id)) : caches.open(id));
      await sendFile(exchange, found<Download>(file));
    } else {
      throw new Refused(405, 'UnsupportedHttpVerb', `${request.method} is of no use here`);
    }
  }

  #stepOf(use: Use, exchange: Exchange): string {
    const step = this.#parts.tokens.stepOf(use, bearer(exchange));
    if (step === undefined) {
      throw refused('unauthenticated', 'the token is not one of this job');
    }
    return step;
  }
}

function nothingAt({ pathname }: URL): Refused {
  return refused('bad_route', `there is nothing at ${pathname} here`);
}

function found<T>(value: T | undefined): T {
  if (value === undefined) {
    throw new Refused(404, 'BlobNotFound', 'it is not there, or no more');
  }
  return value;
}
