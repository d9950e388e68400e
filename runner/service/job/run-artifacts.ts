import { WrongInput } from '../../host/fault.ts';
import { packing } from '../../host/tar.ts';
import type { ArtifactStore, SavedArtifact } from '../../model/lease.ts';
import { artifactNameFault } from '../../workflow/names.ts';
import { addEntry } from '../pack.ts';
import { ArtifactFiles } from './artifact-files.ts';
import type { Download } from './download.ts';
import { refused } from './refused.ts';
import type { Upload } from './upload.ts';

/** Artifacts that one run may have; as GitHub's bound for one job. */
const artifactsMax = 500;

const zipTypes = ['application/zip', 'application/x-zip-compressed', 'application/zip-compressed'];

/** An artifact as clients see it. */
export interface RunArtifact {
  readonly id: number;
  readonly name: string;
  /** The backend id of the job that made it; absent for one of an earlier run. */
  readonly job?: string;
  /** Bytes that a download has; of an artifact of an earlier run, those of its files. */
  readonly size: number;
  readonly createdAt: Date;
  /** `sha256:` and the digest of what a download has, where that is known. */
  readonly digest?: string;
  /** What the download is. */
  readonly type: string;
}

/** What is told of an upload when it is to become an artifact. */
export interface Finished {
  readonly name: string;
  readonly job: string;
  readonly type: string;
  readonly size: number;
  /** `sha256:` and 64 hex digits. */
  readonly hash?: string;
}

/**
 * The artifacts of one run as its jobs' clients see them. What was uploaded is kept as it came while the run goes on,
 * for jobs that download it; the run's store keeps its files.
 */
export class RunArtifacts {
  readonly #store: ArtifactStore;
  readonly #files: ArtifactFiles;
  readonly #now: () => Date;
  readonly #known = new Map<string, RunArtifact>();
  readonly #reserved = new Set<string>();
  #last = 0;

  /** `folder` is made when needed. */
  constructor(store: ArtifactStore, folder: string, now: () => Date) {
    this.#store = store;
    this.#files = new ArtifactFiles(folder);
    this.#now = now;
  }

  list(): readonly RunArtifact[] {
    for (const saved of this.#store.list()) {
      if (!this.#known.has(saved.name) && !this.#reserved.has(saved.name)) {
        this.#known.set(saved.name, this.#found(saved));
      }
    }
    return [...this.#known.values()];
  }

  find(name: string): RunArtifact | undefined {
    return this.list().find((each) => each.name === name);
  }

  /** Takes a name for an upload. Throws a `Refused` for one that cannot be an artifact's or that the run has already. */
  reserve(name: string): void {
    const fault = artifactNameFault(name);
    if (fault !== undefined) {
      throw refused('invalid_argument', `the name ${JSON.stringify(name.slice(0, 200))} of an artifact ${fault}`);
    }
    if (this.find(name) !== undefined || this.#reserved.has(name)) {
      throw refused('already_exists', `an artifact with this name already exists on the workflow run`);
    }
    if (this.#known.size + this.#reserved.size >= artifactsMax) {
      throw refused('failed_precondition', `a run has at most ${artifactsMax} artifacts`);
    }
    this.#reserved.add(name);
  }

  /** Gives a name back that no artifact was made for. */
  release(name: string): void {
    this.#reserved.delete(name);
  }

  /**
   * Makes an artifact of an upload whose name is reserved. Throws a `Refused` when it is not what was announced or
   * cannot be unpacked; the name is free then.
   */
  async keep(upload: Upload, finished: Finished): Promise<{ artifact: RunArtifact; saved: SavedArtifact }> {
    this.#last += 1;
    const id = this.#last;
    try {
      if (upload.size !== finished.size) {
        const came = upload.size === undefined ? 'none' : `${upload.size}`;
        throw refused('invalid_argument', `the artifact was to have ${finished.size} bytes, and ${came} came`);
      }
      const digest = `sha256:${await this.#files.write(id, upload)}`;
      if (finished.hash !== undefined && finished.hash !== digest) {
        throw refused('invalid_argument', `the artifact was to have the digest ${finished.hash}, and has ${digest}`);
      }
      const saved = await this.#save(this.#files.path(id), finished);
      const { name, job, type, size } = finished;
      const artifact = { id, name, job, size, digest, type, createdAt: this.#now() };
      this.#known.set(name, artifact);
      return { artifact, saved };
    } catch (error) {
      await this.#files.remove(id);
      throw error instanceof WrongInput ? refused('invalid_argument', error.message) : error;
    } finally {
      this.release(finished.name);
    }
  }

  /** Takes an artifact back; `undefined` when there is none of that name. */
  async remove(name: string): Promise<{ artifact: RunArtifact; saved: SavedArtifact } | undefined> {
    const artifact = this.find(name);
    const saved = await this.#store.remove(name);
    if (artifact === undefined || saved === undefined) {
      return undefined;
    }
    this.#known.delete(name);
    await this.#files.remove(artifact.id);
    return { artifact, saved };
  }

  /** What a client downloads; `undefined` when the artifact is gone. */
  async open(id: number): Promise<Download | undefined> {
    const artifact = this.list().find((each) => each.id === id);
    if (artifact === undefined) {
      return undefined;
    }
    const { name, type } = artifact;
    if (artifact.job === undefined) {
      await this.#files.zip(id, () => this.#store.open(name));
    }
    return { ...(await this.#files.open(id)), type, fileName: zipTypes.includes(type) ? `${name}.zip` : name };
  }

  /** One that came into the store on another way. */
  #found({ name, bytes }: SavedArtifact): RunArtifact {
    this.#last += 1;
    return { id: this.#last, name, size: bytes, type: 'application/zip', createdAt: this.#now() };
  }

  async #save(file: string, { name, type }: Finished): Promise<SavedArtifact> {
    if (!zipTypes.includes(type)) {
      return await this.#store.save(
        name,
        packing('read an upload', (archive) => addEntry(archive, file, name)),
      );
    }
    const { unpackedSize, zipToTar } = await import('./zip-in.ts');
    await this.#files.checkRoom(await unpackedSize(file));
    return await this.#store.save(name, zipToTar(file));
  }
}
