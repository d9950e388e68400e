import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { JobEndpoint, ServedJob, ServiceVariables } from '../../model/job-services.ts';
import { servicesAddress } from './address.ts';
import { Connections } from './connections.ts';
import { type CacheScopes, cacheScopes, JobCaches, type OpenScope } from './job-caches.ts';
import { answerError } from './message.ts';
import type { SigningKey } from './oidc-key.ts';
import { identityPath, Routes } from './routes.ts';
import type { RunArtifacts } from './run-artifacts.ts';
import { SignedUrls } from './signed-url.ts';
import { backendId, JobTokens } from './tokens.ts';
import { type UploadLimits, Uploads } from './uploads.ts';

const origin = `http://${servicesAddress.address}:${servicesAddress.port}`;

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
  readonly limits: UploadLimits;
  readonly signingKey: () => Promise<SigningKey>;
  readonly now: () => Date;
}

/** The services of one job: artifacts (v4), caches (v1 and v2), identity tokens. */
export class Endpoint implements JobEndpoint {
  readonly address = servicesAddress;
  readonly #ids: { readonly run: string; readonly job: string };
  readonly #scopes: CacheScopes;
  readonly #mayIdentify: boolean;
  readonly #tokens: JobTokens;
  readonly #uploads: Uploads;
  readonly #routes: Routes;
  readonly #connections: Connections;

  constructor(job: ServedJob, { run, artifacts, openScope, saving, folder, limits, signingKey, now }: RunParts) {
    this.#ids = { run: backendId(run), job: backendId(run, job.id) };
    this.#scopes = cacheScopes(job.github);
    // Only where its permissions say so.
    this.#mayIdentify = job.permissions?.['id-token'] === 'write';
    this.#tokens = new JobTokens(now);
    this.#uploads = new Uploads(folder, limits);
    this.#routes = new Routes({
      ...{ job, ids: this.#ids, origin, tokens: this.#tokens, uploads: this.#uploads, artifacts, signingKey, now },
      urls: new SignedUrls(origin, now),
      caches: new JobCaches(this.#scopes, openScope, this.#uploads, saving),
    });
    this.#connections = new Connections((request, response) => void this.#serve(request, response));
  }

  accept(connection: Duplex): void {
    this.#connections.accept(connection);
  }

  /** The names are GitHub's; a script gets no token for anything but its identity. */
  variablesFor(step: string): ServiceVariables {
    const { run, job } = this.#ids;
    const runtime = this.#tokens.runtime(step, run, job, this.#scopes);
    const identity = this.#mayIdentify ? this.#tokens.identity(step) : undefined;
    const scripts: Record<string, string> =
      identity === undefined
        ? {}
        : {
            ACTIONS_ID_TOKEN_REQUEST_URL: `${origin}${identityPath(this.#ids)}?api-version=2.0`,
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
    const url = URL.canParse(target, origin) ? new URL(target, origin) : new URL(origin);
    const exchange = { request, response, url };
    try {
      await this.#routes.answer(exchange);
    } catch (error) {
      answerError(exchange, error);
    } finally {
      // What is left of a request is taken: who still sends would not read the answer.
      request.resume();
    }
  }
}
