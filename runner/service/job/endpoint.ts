import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { causeText } from '../../host/fault.ts';
import type { JobEndpoint, ServedJob, ServiceVariables } from '../../model/job-services.ts';
import { artifactService } from './artifact-service.ts';
import { putBlob } from './block-blob.ts';
import { cacheService } from './cache-service.ts';
import { CacheV1 } from './cache-v1.ts';
import { Connections } from './connections.ts';
import { type Download, sendFile } from './download.ts';
import { cacheScopes, JobCaches, type OpenScope } from './job-caches.ts';
import { answerHead, answerJson, bearer, type Exchange } from './message.ts';
import { answerIdentity, discovery, mayIdentify } from './oidc.ts';
import type { SigningKey } from './oidc-key.ts';
import { Refused, refused } from './refused.ts';
import type { RunArtifacts } from './run-artifacts.ts';
import { SignedUrls } from './signed-url.ts';
import { backendId, JobTokens, type Use } from './tokens.ts';
import { callTwirp } from './twirp.ts';
import { Uploads } from './uploads.ts';

/** Where jobs find their services: on a loopback address of the machines' own, above the ports that are handed out. */
const address = { address: '127.76.86.1', port: 61_986 };
const origin = `http://${address.address}:${address.port}`;

/** What the endpoints of a run's jobs share. */
export interface RunParts {
  /** The run's id. */
  readonly run: string;
  readonly artifacts: RunArtifacts;
  readonly openScope: OpenScope;
  /** Caches that some job is saving. */
  readonly saving: Set<string>;
  /** A folder for uploads. */
  readonly folder: string;
  /** Bytes that an upload may have. */
  readonly limits: { readonly artifact: number; readonly cache: number };
  readonly signingKey: () => Promise<SigningKey>;
  readonly now: () => Date;
}

/** The services of one job: artifacts (v4), caches (v1 and v2), identity tokens. */
export class Endpoint implements JobEndpoint {
  readonly address = address;
  readonly #parts: RunParts;
  readonly #job: ServedJob;
  readonly #ids: { readonly run: string; readonly job: string };
  readonly #tokens: JobTokens;
  readonly #urls: SignedUrls;
  readonly #uploads: Uploads;
  readonly #caches: JobCaches;
  readonly #cacheV1: CacheV1;
  readonly #connections: Connections;

  constructor(job: ServedJob, parts: RunParts) {
    this.#job = job;
    this.#parts = parts;
    this.#ids = { run: backendId(parts.run), job: backendId(parts.run, job.id) };
    this.#tokens = new JobTokens(parts.now);
    this.#urls = new SignedUrls(origin, parts.now);
    this.#uploads = new Uploads(parts.folder, parts.limits);
    this.#caches = new JobCaches(cacheScopes(job.github), parts.openScope, this.#uploads, parts.saving);
    this.#cacheV1 = new CacheV1(this.#caches, this.#uploads, this.#urls);
    this.#connections = new Connections((request, response) => void this.#serve(request, response));
  }

  accept(connection: Duplex): void {
    this.#connections.accept(connection);
  }

  /** The names are GitHub's; a script gets no token for anything but its identity. */
  async variablesFor(step: string): Promise<ServiceVariables> {
    const { run, job } = this.#ids;
    const runtime = await this.#tokens.runtime(step, run, job, this.#caches.scopes);
    const identity = mayIdentify(this.#job) ? await this.#tokens.identity(step) : undefined;
    const scripts: Record<string, string> =
      identity === undefined
        ? {}
        : {
            ACTIONS_ID_TOKEN_REQUEST_URL: `${origin}/identity/${run}/${job}?api-version=2.0`,
            ACTIONS_ID_TOKEN_REQUEST_TOKEN: identity,
          };
    const actions = {
      ACTIONS_RUNTIME_URL: `${origin}/`,
      ACTIONS_RUNTIME_TOKEN: runtime,
      ACTIONS_RESULTS_URL: `${origin}/`,
      ACTIONS_CACHE_URL: `${origin}/`,
      ACTIONS_CACHE_SERVICE_V2: 'True',
      ...scripts,
    };
    return { actions, scripts, secrets: identity === undefined ? [runtime] : [runtime, identity] };
  }

  async close(): Promise<void> {
    this.#connections.close();
    await this.#uploads.close();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = request.url ?? '/';
    const url = URL.canParse(target, origin) ? new URL(target, origin) : new URL('/', origin);
    const exchange = { request, response, url };
    try {
      await this.#answer(exchange);
    } catch (error) {
      answerError(exchange, error);
    } finally {
      // What is left of a request is taken: who still sends would not read the answer.
      request.resume();
    }
  }

  async #answer(exchange: Exchange): Promise<void> {
    const { url } = exchange;
    if (url.pathname.startsWith('/twirp/')) {
      await this.#twirp(exchange);
    } else if (CacheV1.serves(url)) {
      this.#stepOf('runtime', exchange);
      await this.#cacheV1.answer(exchange);
    } else if (url.pathname.startsWith('/blob/')) {
      await this.#blob(exchange);
    } else if (url.pathname === `/identity/${this.#ids.run}/${this.#ids.job}`) {
      this.#stepOf('identity', exchange);
      const identity = { job: this.#job, issuer: origin, now: this.#parts.now() };
      await answerIdentity(exchange, identity, await this.#parts.signingKey());
    } else if (url.pathname === '/.well-known/openid-configuration') {
      answerJson(exchange, discovery(origin));
    } else if (url.pathname === '/.well-known/jwks') {
      answerJson(exchange, { keys: [(await this.#parts.signingKey()).publicKey] });
    } else {
      throw refused('bad_route', `there is nothing at ${url.pathname} here`);
    }
  }

  async #twirp(exchange: Exchange): Promise<void> {
    const step = this.#stepOf('runtime', exchange);
    const { artifacts } = this.#parts;
    const parts = { artifacts, uploads: this.#uploads, urls: this.#urls, onArtifact: this.#job.onArtifact };
    await callTwirp(exchange, {
      'github.actions.results.api.v1.ArtifactService': artifactService({ ...this.#ids, step }, parts),
      'github.actions.results.api.v1.CacheService': cacheService(this.#caches, this.#urls),
    });
  }

  async #blob(exchange: Exchange): Promise<void> {
    const { request, url } = exchange;
    const [, kind = '', id = ''] = /^\/blob\/(upload|artifact|cache)\/([\w-]+)$/.exec(url.pathname) ?? [];
    if (kind === '' || !this.#urls.holds(url)) {
      throw new Refused(403, 'AuthenticationFailed', 'the address is not signed here, or holds no more');
    }
    if (kind === 'upload' && request.method === 'PUT') {
      const { upload } = found(this.#uploads.get(id));
      await putBlob(exchange, upload);
    } else if (kind !== 'upload' && (request.method === 'GET' || request.method === 'HEAD')) {
      const { artifacts } = this.#parts;
      const file = found<Download>(
        kind === 'artifact' ? await artifacts.open(Number(id)) : await this.#caches.open(id),
      );
      await sendFile(exchange, file);
    } else {
      throw new Refused(405, 'UnsupportedHttpVerb', `${request.method} is of no use here`);
    }
  }

  #stepOf(use: Use, exchange: Exchange): string {
    const step = this.#tokens.stepOf(use, bearer(exchange));
    if (step === undefined) {
      throw refused('unauthenticated', 'the token is not one of this job');
    }
    return step;
  }
}

function found<T>(value: T | undefined): T {
  if (value === undefined) {
    throw new Refused(404, 'BlobNotFound', 'it is not there, or no more');
  }
  return value;
}

/** Every error is JSON, which clients take apart; Azure's look at the header. A fault of the host is told as such. */
function answerError(exchange: Exchange, error: unknown): void {
  const { response } = exchange;
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const told = error instanceof Refused ? error : new Refused(500, 'internal', causeText(error));
  if (told.status === 405 || exchange.request.method === 'HEAD') {
    answerHead(exchange, told.status);
    return;
  }
  response.setHeader('x-ms-error-code', told.code);
  answerJson(exchange, { code: told.code, msg: told.message, message: told.message }, told.status);
}
