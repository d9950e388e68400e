import { randomBytes } from 'node:crypto';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { duplexPair } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { ExecutionContext } from 'ava';
import type { ActionServices, JobEndpoint, ServedJob, StepArtifact } from '../../../runner/model/job-services.ts';
import type { ArtifactStore } from '../../../runner/model/lease.ts';
import { openArtifacts } from '../../../runner/service/artifact-store.ts';
import { openActionServices } from '../../../runner/service/job/open.ts';
import { folder } from '../../ground/folder.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** The services of one run, with folders that go with the test. */
export interface Ground {
  readonly services: ActionServices;
  readonly store: ArtifactStore;
  /** Holds `artifacts` of the store, `services` for what the run needs, `caches`, and the key. */
  readonly home: string;
  /** Advances the clock that the services see. */
  later(milliseconds: number): void;
}

export function ground(t: ExecutionContext, options: { readonly home?: string; readonly limit?: number } = {}): Ground {
  const home = options.home ?? folder(t);
  const store = openArtifacts(join(home, `artifacts-${randomBytes(3).toString('hex')}`));
  let shift = 0;
  const services = openActionServices({
    run: `run-${randomBytes(3).toString('hex')}`,
    artifacts: store,
    caches: { folder: join(home, 'caches'), scope: 'octo/repo', limit: options.limit ?? 1_000_000 },
    folder: join(home, 'services'),
    keyFile: join(home, 'state', 'key.json'),
    now: () => new Date(Date.now() + shift),
  });
  t.teardown(() => services.close());
  return {
    services,
    store,
    home,
    later: (milliseconds) => {
      shift += milliseconds;
    },
  };
}

/** A job as its actions see it. */
export class Client {
  readonly told: StepArtifact[] = [];
  readonly endpoint: JobEndpoint;
  variables: Readonly<Record<string, string>> = {};

  constructor({ services }: Ground, job: Partial<ServedJob> = {}) {
    this.endpoint = services.open({
      id: 'job',
      workflow: {},
      ...job,
      github: { ref: 'refs/heads/main', repository: 'octo/repo', repository_owner: 'octo', ...job.github },
      onArtifact: async (artifact) => void this.told.push(artifact),
    });
  }

  static async of(at: Ground, job: Partial<ServedJob> = {}, step = 'step'): Promise<Client> {
    const client = new Client(at, job);
    client.variables = client.endpoint.variablesFor(step).actions;
    return client;
  }

  get token(): string {
    return this.variables.ACTIONS_RUNTIME_TOKEN ?? '';
  }

  /** What the token says: the backend ids that go into requests. */
  get ids(): { workflow_run_backend_id: string; workflow_job_run_backend_id: string } {
    const claims = JSON.parse(Buffer.from(this.token.split('.')[1] ?? '', 'base64url').toString()) as { scp: string };
    const [, run = '', job = ''] = claims.scp.split(':');
    return { workflow_run_backend_id: run, workflow_job_run_backend_id: job };
  }

  /** One request over a connection of its own. */
  async ask(
    method: string,
    url: string,
    options: {
      readonly body?: string | Buffer;
      readonly headers?: Record<string, string>;
      readonly token?: string;
    } = {},
  ): Promise<Answer> {
    const { body = '', headers = {}, token } = options;
    const target = new URL(url, this.variables.ACTIONS_RESULTS_URL ?? 'http://127.0.0.1');
    const [here, there] = duplexPair();
    this.endpoint.accept(there);
    const authorized = token === undefined ? headers : { Authorization: `Bearer ${token}`, ...headers };
    return await new Promise<Answer>((resolve, reject) => {
      const request = httpRequest(target, { method, headers: authorized, createConnection: () => here as never });
      request.on('error', reject);
      request.on('response', (response) => {
        buffer(response).then(
          (bytes) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: bytes }),
          reject,
        );
      });
      request.end(body);
    });
  }

  async twirp(service: 'Artifact' | 'Cache', method: string, request: object, token = this.token): Promise<Answer> {
    return await this.ask('POST', `/twirp/github.actions.results.api.v1.${service}Service/${method}`, {
      body: JSON.stringify(request),
      headers: { 'Content-Type': 'application/json' },
      token,
    });
  }

  /** As `twirp`, for an answer that must be a good one. */
  async good(t: ExecutionContext, service: 'Artifact' | 'Cache', method: string, request: object): Promise<Told> {
    const answer = await this.twirp(service, method, request);
    t.is(answer.status, 200, answer.body.toString());
    return told(answer);
  }

  /** Sends pieces and then their order. */
  async putBlocks(t: ExecutionContext, url: string, pieces: readonly Buffer[]): Promise<void> {
    const id = (index: number) => Buffer.from(`block ${index}`).toString('base64');
    // The last one first: the order of the list is what counts.
    for (const [index, body] of [...pieces.entries()].reverse()) {
      const answer = await this.ask('PUT', `${url}&comp=block&blockid=${encodeURIComponent(id(index))}`, { body });
      t.is(answer.status, 201, answer.body.toString());
    }
    const list = pieces.map((_, index) => `<Latest>${id(index)}</Latest>`).join('');
    const body = `<?xml version="1.0" encoding="utf-8"?><BlockList>${list}</BlockList>`;
    t.is((await this.ask('PUT', `${url}&comp=blocklist`, { body })).status, 201);
  }

  /** Uploads an artifact from beginning to end; the answer to its last request. */
  async upload(
    t: ExecutionContext,
    name: string,
    bytes: Buffer,
    more: object = {},
    last: object = {},
  ): Promise<Answer> {
    const begun = await this.good(t, 'Artifact', 'CreateArtifact', { ...this.ids, name, version: 7, ...more });
    const put = await this.ask('PUT', begun.signed_upload_url ?? '', {
      body: bytes,
      headers: { 'x-ms-blob-type': 'BlockBlob' },
    });
    t.is(put.status, 201, put.body.toString());
    return await this.twirp('Artifact', 'FinalizeArtifact', { ...this.ids, name, size: `${bytes.length}`, ...last });
  }
}

/** Fields of answers that the tests look at. */
export interface Told {
  readonly ok?: boolean;
  readonly code?: string;
  readonly msg?: string;
  readonly signed_upload_url?: string;
  readonly signed_url?: string;
  readonly signed_download_url?: string;
  readonly matched_key?: string;
  readonly artifact_id?: string;
  readonly entry_id?: string;
  readonly artifacts?: readonly Readonly<Record<string, string>>[];
  readonly cacheId?: number;
  readonly cacheKey?: string;
  readonly scope?: string;
  readonly archiveLocation?: string;
  readonly totalCount?: number;
  readonly value?: string;
}

export function told({ body }: Answer): Told {
  return JSON.parse(body.toString()) as Told;
}
