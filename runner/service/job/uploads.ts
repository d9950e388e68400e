import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { refused } from './refused.ts';
import { Upload } from './upload.ts';

/** Uploads of one job at once. */
const uploadsMax = 64;
/** Milliseconds without a byte after which an upload is given up. */
const idleTime = 15 * 60 * 1000;

/** What is being uploaded. */
export interface UploadAbout {
  readonly kind: 'artifact' | 'cache';
  /** The artifact's name; the cache's whole key. */
  readonly name: string;
  /** What the bytes are. */
  readonly type: string;
}

export interface OpenUpload {
  readonly id: string;
  readonly about: UploadAbout;
  readonly upload: Upload;
}

/** Bytes that one upload may have, by what it is. */
export type UploadLimits = Readonly<Record<UploadAbout['kind'], number>>;

/** The uploads that steps of one job have begun and not ended yet. */
export class Uploads {
  readonly #folder: string;
  readonly #limits: UploadLimits;
  readonly #open = new Map<string, OpenUpload>();

  /** Every upload gets a folder of its own below `folder`. */
  constructor(folder: string, limits: UploadLimits) {
    this.#folder = folder;
    this.#limits = limits;
  }

  /** `onGivenUp`: it ended before anybody took it. Throws a `Refused` when there are too many. */
  open(about: UploadAbout, onGivenUp: () => void): OpenUpload {
    if (this.#open.size >= uploadsMax) {
      throw refused('failed_precondition', `a job has at most ${uploadsMax} uploads at once`);
    }
    const id = randomBytes(16).toString('hex');
    const upload = new Upload({ folder: join(this.#folder, id), limit: this.#limits[about.kind], idle: idleTime });
    const opened = { id, about, upload };
    this.#open.set(id, opened);
    void upload.closed.then(() => {
      if (this.#open.delete(id)) {
        onGivenUp();
      }
    });
    return opened;
  }

  get(id: string): OpenUpload | undefined {
    return this.#open.get(id);
  }

  /** The upload of something by its name, for whoever ends it. */
  take(kind: UploadAbout['kind'], name: string): OpenUpload | undefined {
    const found = [...this.#open.values()].find(({ about }) => about.kind === kind && about.name === name);
    if (found !== undefined) {
      this.#open.delete(found.id);
    }
    return found;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map(({ upload }) => upload.close()));
  }
}
