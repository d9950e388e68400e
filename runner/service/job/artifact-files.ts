import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { attempt } from '../../host/attempt.ts';
import { freeRoom } from '../../host/room.ts';
import { refused } from './refused.ts';
import { spareRoom, type Upload } from './upload.ts';

/** What was uploaded as artifacts of a run, as it came, by their numbers; for as long as the run goes on. */
export class ArtifactFiles {
  readonly #folder: string;
  readonly #making = new Map<number, Promise<void>>();

  /** `folder` is made when needed. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  path(id: number): string {
    return join(this.#folder, `${id}`);
  }

  /** Writes an upload down and ends it; resolves to its SHA-256. Throws a `Refused` when there is no room for it. */
  async write(id: number, upload: Upload): Promise<string> {
    await this.#makeFolder();
    await this.checkRoom(upload.size ?? 0);
    return await attempt('keep an upload', async () => {
      const hash = createHash('sha256');
      const digesting = new Transform({
        transform(chunk: Uint8Array, _encoding, done) {
          hash.update(chunk);
          done(null, chunk);
        },
      });
      await pipeline(upload.contents(), digesting, createWriteStream(this.path(id), { mode: 0o600 }));
      await upload.close();
      return hash.digest('hex');
    });
  }

  /** Zips files that nobody uploaded, once. Rejects with a `HostFault`. */
  async zip(id: number, tar: () => AsyncIterable<Uint8Array>): Promise<void> {
    const make = async () => {
      const { tarToZip } = await import('./zip-out.ts');
      await this.#makeFolder();
      await tarToZip(tar(), this.path(id));
    };
    const making = this.#making.get(id) ?? make();
    this.#making.set(id, making);
    await making;
  }

  /** For whoever closes it. Rejects with a `HostFault`. */
  async open(id: number): Promise<{ readonly handle: FileHandle; readonly size: number }> {
    return await attempt(`open ${this.path(id)}`, async () => {
      const handle = await open(this.path(id), 'r');
      const { size } = await handle.stat();
      return { handle, size };
    });
  }

  async remove(id: number): Promise<void> {
    await attempt(`remove ${this.path(id)}`, () => rm(this.path(id), { force: true }));
  }

  /** Throws a `Refused` where the host's disk has no room for so many bytes more. */
  async checkRoom(size: number): Promise<void> {
    if ((await freeRoom(this.#folder)) < size + spareRoom) {
      throw refused('failed_precondition', `there is no room for ${size} bytes more on the host's disk`);
    }
  }

  async #makeFolder(): Promise<void> {
    await attempt(`make ${this.#folder}`, () => mkdir(this.#folder, { recursive: true, mode: 0o700 }));
  }
}
