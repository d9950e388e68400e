import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { execa } from 'execa';
import { extract } from 'tar-stream';
import { HostFault, WrongInput } from '../../host/fault.ts';
import { feed, type TarEntry } from '../../host/tar.ts';
import { DigestCheck } from './digest-check.ts';

/** A layer of an image, in the cache. */
export interface Layer {
  /** The blob: read, never closed here. */
  readonly file: FileHandle;
  readonly mediaType: string;
  /** Of the blob. */
  readonly digest: string;
  /** Of the tar that is packed in it. */
  readonly diffId: string;
}

/** What all layers of an image may hold together, unpacked. */
export interface LayerBounds {
  readonly bytes: number;
  readonly entries: number;
}

export const defaultBounds: LayerBounds = { bytes: 32 * 1024 ** 3, entries: 1_000_000 };

/** Thrown for a layer that is not what the image's configuration says: in the cache, or from the start. */
export class DamagedLayer extends Error {
  constructor(
    readonly digest: string,
    message: string,
  ) {
    super(message);
    this.name = 'DamagedLayer';
  }
}

/** Counts what comes out of the layers of one image. Throws a `WrongInput` past the bounds. */
export class LayerMeter {
  readonly #bounds: LayerBounds;
  #bytes = 0;
  #entries = 0;

  constructor(bounds: LayerBounds) {
    this.#bounds = bounds;
  }

  addBytes(count: number): void {
    this.#bytes += count;
    this.#check();
  }

  addEntry(): void {
    this.#entries += 1;
    this.#check();
  }

  #check(): void {
    const { bytes, entries } = this.#bounds;
    if (this.#bytes > bytes || this.#entries > entries) {
      const message = `the image is refused: unpacked it has more than ${bytes} bytes or ${entries} entries`;
      throw new WrongInput([{ message }]);
    }
  }
}

/**
 * The entries of a layer, one at a time with its number from 0 on; what is not read of one is skipped. Throws a
 * `DamagedLayer` for a blob that cannot be unpacked or whose tar has another digest than it should, at its end.
 */
export async function* layerEntries(
  layer: Layer,
  meter: LayerMeter,
  signal: AbortSignal,
): AsyncGenerator<{ readonly index: number; readonly entry: TarEntry }> {
  const reader = extract();
  let broken: Error | undefined;
  reader.on('error', (error) => {
    broken = error;
  });
  const unpacked = checkedTar(layer, meter, signal);
  const feeding = feed(unpacked, reader);
  let index = 0;
  try {
    for await (const entry of reader) {
      signal.throwIfAborted();
      meter.addEntry();
      yield { index, entry: entry as unknown as TarEntry };
      entry.resume();
      index += 1;
    }
  } catch (error) {
    throw readError(layer, broken ?? error, signal);
  } finally {
    reader.destroy();
    await feeding;
  }
}

/** Errors of the tar itself come as plain ones; ours and the host's have classes and codes. */
function readError({ digest }: Layer, error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) {
    return signal.reason;
  }
  return error instanceof Error && error.constructor === Error && !('syscall' in error)
    ? new DamagedLayer(digest, `the layer ${digest} cannot be unpacked: ${error.message}`)
    : error;
}

async function* checkedTar(layer: Layer, meter: LayerMeter, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const check = new DigestCheck(layer.diffId);
  for await (const chunk of unpack(layer, signal)) {
    check.add(chunk);
    meter.addBytes(chunk.length);
    yield chunk;
  }
  const found = check.found();
  if (found !== layer.diffId) {
    const why = `its contents have the digest ${found}, the configuration says ${layer.diffId}`;
    throw new DamagedLayer(layer.digest, `the layer ${layer.digest} is damaged: ${why}`);
  }
}

const gzipMagic = Buffer.from([0x1f, 0x8b]);
const zstdMagic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/** By what the blob starts with: media types are written by hand often enough. */
async function* unpack(layer: Layer, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const { buffer, bytesRead } = await layer.file.read(Buffer.alloc(4), 0, 4, 0);
  const start = buffer.subarray(0, bytesRead);
  const source = Readable.from(bytesOf(layer.file));
  if (start.subarray(0, 2).equals(gzipMagic)) {
    yield* gunzip(source);
  } else if (start.equals(zstdMagic)) {
    yield* throughZstd(source, signal);
  } else {
    yield* source;
  }
}

const pieces = 256 * 1024;

/** A file handle's own stream closes it when it is left early; this one is read again. */
async function* bytesOf(file: FileHandle): AsyncGenerator<Uint8Array> {
  for (let position = 0; ; ) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(pieces), 0, pieces, position);
    if (bytesRead === 0) {
      return;
    }
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function* gunzip(source: Readable): AsyncGenerator<Uint8Array> {
  const gunzipped = createGunzip({ chunkSize: 256 * 1024 });
  source.on('error', (error) => gunzipped.destroy(error));
  try {
    yield* source.pipe(gunzipped);
  } catch (error) {
    // Its errors have codes, but they are the layer's.
    throw (error as NodeJS.ErrnoException).code?.startsWith('Z_') ? new Error((error as Error).message) : error;
  } finally {
    source.destroy();
    gunzipped.destroy();
  }
}

/** Node 20 has no zstd; the program needs at most the 8 MiB of window that layers are written with, bounded by itself. */
async function* throughZstd(source: Readable, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const argv = ['--pdeathsig', 'KILL', '--', 'zstd', '--decompress', '--stdout', '--memory=128MB', '-q'];
  const child = execa('setpriv', argv, { input: source, reject: false, buffer: { stdout: false, stderr: true } });
  const stop = () => child.kill('SIGKILL');
  signal.addEventListener('abort', stop, { once: true });
  try {
    yield* child.stdout as AsyncIterable<Uint8Array>;
    const { failed, exitCode, stderr, shortMessage } = await child;
    signal.throwIfAborted();
    if (exitCode === undefined || exitCode === 127) {
      throw new HostFault('unpack with zstd (apt-get install zstd)', stderr || shortMessage);
    }
    if (failed) {
      throw new Error(stderr.trim().slice(0, 300));
    }
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
    source.destroy();
  }
}
