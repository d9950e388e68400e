import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { attempt } from '../../host/attempt.ts';
import { freeRoom } from '../../host/room.ts';
import { Refused } from './refused.ts';

/** Pieces one upload may have: as many as Azure's blobs. */
const blocksMax = 50_000;
/** Bytes that what comes from guests leaves free on the host's disk. */
export const spareRoom = 64 * 1024 ** 2;

export interface UploadOptions {
  /** Its own; made here. */
  readonly folder: string;
  /** Bytes of all pieces together. */
  readonly limit: number;
  /** Milliseconds without a byte after which it is given up. */
  readonly idle: number;
}

interface Block {
  readonly file: string;
  readonly size: number;
}

/** Something a guest sends in pieces that come in any order, and then puts in order. All of it is bounded. */
export class Upload {
  /** Bytes of the pieces that were put in order; `undefined` until they were. */
  size: number | undefined;
  /** Resolves when it was closed, by whoever opened it or for want of bytes. */
  readonly closed: Promise<void>;
  readonly #options: UploadOptions;
  readonly #blocks = new Map<string, Block>();
  readonly #idle: NodeJS.Timeout;
  #ordered: readonly Block[] = [];
  #held = 0;
  #count = 0;
  #made: Promise<unknown> | undefined;
  #closing: Promise<void> | undefined;
  #settle: () => void = () => {};

  constructor(options: UploadOptions) {
    this.#options = options;
    this.closed = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#idle = setTimeout(() => void this.close().catch(() => {}), options.idle);
  }

  /**
   * Takes one piece; one of the same id is replaced. Throws a `Refused` when it is one too many or too large, a
   * `HostFault` when it cannot be written.
   */
  async put(id: string, body: AsyncIterable<Uint8Array>, announced = 0): Promise<void> {
    const file = await this.#place(id, announced);
    let size = 0;
    const count = new Transform({
      transform: (chunk: Uint8Array, _encoding, done) => {
        size += chunk.length;
        this.#held += chunk.length;
        this.#idle.refresh();
        done(this.#held > this.#options.limit ? tooLarge(this.#options.limit) : null, chunk);
      },
    });
    try {
      await pipeline(body, count, createWriteStream(file, { mode: 0o600 }));
    } catch (error) {
      this.#held -= size;
      await rm(file, { force: true });
      throw (error as NodeJS.ErrnoException).code === 'ENOSPC' ? noRoom() : error;
    }
    const before = this.#blocks.get(id);
    this.#blocks.set(id, { file, size });
    if (before !== undefined) {
      this.#held -= before.size;
      await rm(before.file, { force: true });
    }
  }

  /** The order of the pieces; may be told again. Throws a `Refused` for one that has not come. */
  order(ids: readonly string[]): void {
    const ordered = ids.map((id) => {
      const block = this.#blocks.get(id);
      if (block === undefined) {
        throw new Refused(400, 'InvalidBlockList', 'the list names a block that has not come');
      }
      return block;
    });
    const size = ordered.reduce((sum, block) => sum + block.size, 0);
    if (size > this.#options.limit) {
      throw tooLarge(this.#options.limit);
    }
    this.#ordered = ordered;
    this.size = size;
  }

  /** The ids of all pieces that have come, with their sizes. */
  get pieces(): ReadonlyMap<string, number> {
    return new Map([...this.#blocks].map(([id, { size }]) => [id, size]));
  }

  /** What the pieces come to in their order. */
  async *contents(): AsyncGenerator<Uint8Array> {
    for (const { file } of this.#ordered) {
      yield* createReadStream(file) as AsyncIterable<Uint8Array>;
      this.#idle.refresh();
    }
  }

  /** Removes what came. Again is harmless; rejects with a `HostFault`. */
  close(): Promise<void> {
    this.#closing ??= this.#remove();
    return this.#closing;
  }

  async #place(id: string, announced: number): Promise<string> {
    const { folder, limit } = this.#options;
    if (this.#closing !== undefined) {
      throw new Refused(404, 'BlobNotFound', 'the upload was given up');
    }
    if (!this.#blocks.has(id) && this.#blocks.size >= blocksMax) {
      throw new Refused(409, 'BlockCountExceedsLimit', `an upload has at most ${blocksMax} blocks`);
    }
    if (this.#held + announced > limit) {
      throw tooLarge(limit);
    }
    this.#idle.refresh();
    this.#made ??= attempt(`make ${folder}`, () => mkdir(folder, { recursive: true, mode: 0o700 }));
    await this.#made;
    if ((await freeRoom(folder)) < announced + spareRoom) {
      throw noRoom();
    }
    this.#count += 1;
    return join(folder, `${this.#count}`);
  }

  async #remove(): Promise<void> {
    clearTimeout(this.#idle);
    const made = await this.#made?.then(
      () => true,
      () => false,
    );
    const { folder } = this.#options;
    if (made === true) {
      await attempt(`remove ${folder}`, () => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
    }
    this.#settle();
  }
}

function tooLarge(limit: number): Refused {
  return new Refused(413, 'RequestBodyTooLarge', `an upload has at most ${limit} bytes here`);
}

function noRoom(): Refused {
  return new Refused(413, 'InsufficientStorage', "there is no room for it on the host's disk");
}
