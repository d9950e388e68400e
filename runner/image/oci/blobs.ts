import { existsSync } from 'node:fs';
import { type FileHandle, open, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { attempt } from '../../host/attempt.ts';
import { HostFault } from '../../host/fault.ts';
import { HttpFailure } from '../../host/http.ts';
import { isSystemError, makeFolder, putInPlace } from '../../host/in-place.ts';
import { withLock } from '../../host/lock.ts';
import { TryAgain, tryAgain } from '../../host/try-again.ts';
import type { Asking } from './asking.ts';
import { DigestCheck } from './digest-check.ts';
import type { Descriptor } from './documents.ts';
import { referenceText } from './reference.ts';
import { again } from './registry.ts';

/** Milliseconds after which what was not downloaded to its end never will be. */
const longestDownload = 24 * 3600 * 1000;

/**
 * Layers and configurations of images by their digests, in a folder that all pulls of this user share. A blob is there
 * whole and checked or not at all; of several callers at once, in this process or others, one downloads it.
 */
export class BlobStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** All of a small blob. Throws as `open` does. */
  async read(descriptor: Descriptor, asking: Asking): Promise<Buffer> {
    const file = await this.open(descriptor, asking);
    try {
      return await attempt(`read ${descriptor.digest} of the cache`, () => file.readFile());
    } finally {
      await file.close();
    }
  }

  /**
   * A blob, open for reading, downloaded where it is not there: it can be read to its end even when it is removed
   * meanwhile. Throws a `HostFault` for a blob that is not what its digest says, a `TryAgain` or an `HttpFailure`
   * where the registry cannot be asked.
   */
  async open(descriptor: Descriptor, asking: Asking): Promise<FileHandle> {
    const path = this.#path(descriptor.digest);
    await makeFolder(this.#folder, 0o700);
    return await withLock(
      this.#lock(descriptor.digest),
      async () => {
        if (!(await holds(path, descriptor.size))) {
          await putInPlace(path, (temporary) => download(descriptor, temporary, asking));
        }
        const now = new Date();
        return await attempt(`read ${path}`, async () => {
          await utimes(path, now, now);
          return await open(path, 'r');
        });
      },
      { signal: asking.signal },
    );
  }

  /** Takes a blob out that turned out to be damaged. */
  async forget(digest: string): Promise<void> {
    await attempt(`remove ${digest} of the cache`, () => rm(this.#path(digest), { force: true }));
  }

  /** Removes those that were used last the longest ago until the rest takes at most `limit` bytes. */
  async shrink(limit: number): Promise<void> {
    const files = await attempt(`look into ${this.#folder}`, () => this.#files());
    let room = limit;
    for (const { path, size } of files.sort((a, b) => b.used - a.used)) {
      room -= size;
      if (room < 0) {
        await attempt(`remove ${path}`, () => rm(path, { force: true }));
      }
    }
  }

  async #files() {
    if (!existsSync(this.#folder)) {
      return [];
    }
    const names = (await readdir(this.#folder, { withFileTypes: true })).filter((entry) => entry.isFile());
    const files = names.map(async ({ name }) => {
      const path = join(this.#folder, name);
      const { size, mtimeMs } = await stat(path).catch(unlessGone);
      return { path, size, used: mtimeMs };
    });
    const beingMade = Date.now() - longestDownload;
    return (await Promise.all(files)).filter(({ path, used }) => !path.endsWith('.making') || used < beingMade);
  }

  #path(digest: string): string {
    return join(this.#folder, digest.replace(':', '-'));
  }

  /** A few locks for all blobs, so that they do not pile up. */
  #lock(digest: string): string {
    return join(this.#folder, 'locks', digest.slice(-2));
  }
}

/** Another process may have removed it. */
function unlessGone(error: unknown): { size: number; mtimeMs: number } {
  if (isSystemError(error) && error.code === 'ENOENT') {
    return { size: 0, mtimeMs: 0 };
  }
  throw error;
}

async function holds(path: string, size: number): Promise<boolean> {
  return existsSync(path) && (await attempt(`read ${path}`, () => stat(path))).size === size;
}

async function download(descriptor: Descriptor, path: string, asking: Asking): Promise<void> {
  const { registry, signal, pauses, onProgress } = asking;
  await tryAgain(
    async () => {
      const answer = await registry.get(`blobs/${descriptor.digest}`, 'application/octet-stream, */*', signal);
      if (answer.status === 404) {
        answer.drop();
        throw new HttpFailure(`the registry has no ${descriptor.digest}, which the image names`, false);
      }
      await writeChecked(answer.body, descriptor, path, asking).catch((error: unknown) => {
        answer.drop();
        throw again(error);
      });
    },
    { signal, pauses, onWait: onProgress },
  );
}

/** Writes what comes as long as it may still be what was asked for: not a byte more than its size. */
async function writeChecked(
  body: AsyncIterable<Uint8Array>,
  { digest, size }: Descriptor,
  path: string,
  { of }: Asking,
): Promise<void> {
  const check = new DigestCheck(digest);
  const wrong = (why: string) => new HostFault(`pull ${referenceText(of)}`, `the registry sent ${why}`);
  const file = await open(path, 'w', 0o600);
  try {
    for await (const chunk of body) {
      check.add(chunk);
      if (check.size > size) {
        throw wrong(`more than the ${size} bytes of ${digest}`);
      }
      await file.writeFile(chunk);
    }
    if (check.size < size) {
      throw new TryAgain(`${of.registry} broke off after ${check.size} of the ${size} bytes of ${digest}`);
    }
    const found = check.found();
    if (found !== digest) {
      throw wrong(`a blob with the digest ${found} for ${digest}`);
    }
  } finally {
    await file.close();
  }
}
