import { z } from 'zod';
import type { StepArtifact } from '../../model/job-services.ts';
import { refused } from './refused.ts';
import type { RunArtifact, RunArtifacts } from './run-artifacts.ts';
import type { SignedUrls } from './signed-url.ts';
import { int64, method, type TwirpServices } from './twirp.ts';
import type { Uploads } from './uploads.ts';

const ids = { workflow_run_backend_id: z.string(), workflow_job_run_backend_id: z.string() };
const named = z.object({ ...ids, name: z.string().default('') });

/** Who calls: a step of a job, whose token named them. */
export interface Caller {
  readonly run: string;
  readonly job: string;
  readonly step: string;
}

export interface ArtifactServiceParts {
  readonly artifacts: RunArtifacts;
  readonly uploads: Uploads;
  readonly urls: SignedUrls;
  readonly onArtifact: (artifact: StepArtifact) => Promise<void>;
}

/** The artifacts of a run for one of its steps: GitHub's artifact service, version 4. */
export function artifactService(caller: Caller, parts: ArtifactServiceParts): TwirpServices[string] {
  const service = new ArtifactService(caller, parts);
  return {
    CreateArtifact: method(
      named.extend({ mime_type: z.string().default('application/zip') }),
      async (request) => await service.create(request),
    ),
    FinalizeArtifact: method(
      named.extend({ size: int64.default(0), hash: z.string().optional() }),
      async (request) => await service.finalize(request),
    ),
    ListArtifacts: method(
      z.object({ ...ids, name_filter: z.string().optional(), id_filter: int64.optional() }),
      async (request) => service.list(request),
    ),
    GetSignedArtifactURL: method(named, async (request) => service.url(request)),
    DeleteArtifact: method(named, async (request) => await service.remove(request)),
  };
}

type Ids = z.output<typeof named>;

class ArtifactService {
  readonly #caller: Caller;
  readonly #parts: ArtifactServiceParts;

  constructor(caller: Caller, parts: ArtifactServiceParts) {
    this.#caller = caller;
    this.#parts = parts;
  }

  async create({ name, mime_type: type, ...request }: Ids & { readonly mime_type: string }): Promise<object> {
    this.#mustBeOwn(request);
    const { artifacts, uploads, urls } = this.#parts;
    artifacts.reserve(name);
    try {
      const { id } = uploads.open({ kind: 'artifact', name, type }, () => artifacts.release(name));
      return { ok: true, signed_upload_url: urls.sign(`/blob/upload/${id}`) };
    } catch (error) {
      artifacts.release(name);
      throw error;
    }
  }

  async finalize({
    name,
    size,
    hash,
    ...request
  }: Ids & { readonly size: number; readonly hash?: string | undefined }): Promise<object> {
    this.#mustBeOwn(request);
    const { artifacts, uploads, onArtifact } = this.#parts;
    const { job, step } = this.#caller;
    const before = artifacts.find(name);
    if (before?.job === job && before.size === size && (hash === undefined || before.digest === hash)) {
      return { ok: true, artifact_id: `${before.id}` }; // its answer was lost, and it is asked again
    }
    const open = uploads.take('artifact', name);
    if (open === undefined) {
      throw refused('not_found', `no upload was begun for the artifact "${name}"`);
    }
    try {
      const about = { name, job, size, type: open.about.type, ...(hash === undefined ? {} : { hash }) };
      const { artifact, saved } = await artifacts.keep(open.upload, about);
      await onArtifact({ ...saved, step });
      return { ok: true, artifact_id: `${artifact.id}` };
    } finally {
      await open.upload.close();
    }
  }

  list({
    name_filter: name,
    id_filter: id,
    ...request
  }: {
    readonly workflow_run_backend_id: string;
    readonly name_filter?: string | undefined;
    readonly id_filter?: number | undefined;
  }): object {
    this.#mustBeRun(request);
    const fits = (each: RunArtifact) => (name ?? each.name) === each.name && (id ?? each.id) === each.id;
    return {
      artifacts: this.#parts.artifacts
        .list()
        .filter(fits)
        .map((each) => this.#told(each)),
    };
  }

  url({ name, ...request }: Ids): object {
    this.#mustBeRun(request);
    const { artifacts, urls } = this.#parts;
    return { signed_url: urls.sign(`/blob/artifact/${this.#found(artifacts.find(name), name).id}`) };
  }

  async remove({ name, ...request }: Ids): Promise<object> {
    this.#mustBeRun(request);
    const { artifacts, onArtifact } = this.#parts;
    const { artifact, saved } = this.#found(await artifacts.remove(name), name);
    await onArtifact({ ...saved, step: this.#caller.step, removed: true });
    return { ok: true, artifact_id: `${artifact.id}` };
  }

  #found<T>(artifact: T | undefined, name: string): T {
    if (artifact === undefined) {
      throw refused('not_found', `the run has no artifact "${name.slice(0, 200)}"`);
    }
    return artifact;
  }

  #told({ id, name, job = this.#caller.job, size, createdAt, digest }: RunArtifact): object {
    return {
      workflow_run_backend_id: this.#caller.run,
      workflow_job_run_backend_id: job,
      database_id: `${id}`,
      name,
      size: `${size}`,
      created_at: createdAt.toISOString(),
      ...(digest === undefined ? {} : { digest }),
    };
  }

  #mustBeOwn(request: Pick<Ids, 'workflow_run_backend_id' | 'workflow_job_run_backend_id'>): void {
    this.#mustBeRun(request);
    if (request.workflow_job_run_backend_id !== this.#caller.job) {
      throw refused('permission_denied', 'the token is for another job');
    }
  }

  #mustBeRun({ workflow_run_backend_id: run }: Pick<Ids, 'workflow_run_backend_id'>): void {
    if (run !== this.#caller.run) {
      throw refused('permission_denied', 'the token is for another run');
    }
  }
}
