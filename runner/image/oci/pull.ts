import { existsSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { HostFault, WrongInput } from '../../host/fault.ts';
import { putInPlace } from '../../host/in-place.ts';
import { withLock } from '../../host/lock.ts';
import { cacheFolder } from '../../host/paths.ts';
import type { ImageFile, RegistryCredentials } from '../../model/image.ts';
import { verifyImage } from '../verify.ts';
import type { Asking } from './asking.ts';
import { BlobStore } from './blobs.ts';
import { convertImage, type Pulled } from './convert.ts';
import type { Descriptor, OciConfig } from './documents.ts';
import { eachOf } from './each-of.ts';
import { KnownImages } from './known.ts';
import { DamagedLayer, defaultBounds, type LayerBounds } from './layer.ts';
import { hostPlatform } from './platform.ts';
import { type OciReference, referenceText } from './reference.ts';
import { Registry } from './registry.ts';
import { type ResolvedImage, resolveConfig, resolveImage, unreachable } from './resolve.ts';

export interface PullOptions {
  readonly credentials?: RegistryCredentials;
  readonly onProgress?: (line: string) => void;
  readonly signal?: AbortSignal;
  /** Bytes that layers of all images may take in the cache once this one is made; 10 GiB when left out. */
  readonly cacheLimit?: number;
  readonly bounds?: LayerBounds;
  /** Milliseconds before further tries, where the registry does not say when. */
  readonly pauses?: readonly number[];
  /** Milliseconds in which the registry has to say something more. */
  readonly patience?: number;
}

/** Raised whenever the same layers would be made into something else. */
const recipe = 2;
const layersAtOnce = 3;
const defaultCacheLimit = 10 * 1024 ** 3;
const defaultPauses = [500, 2000] as const;

/**
 * The image of a registry as an `.lv` image, made once for each digest. A digest whose image is here is not asked for; a
 * tag is asked for anew, and when its registry cannot be asked, what it stood for last is taken and told. Throws a
 * `WrongInput` for an image that is not there, not to be had or refused, a `HostFault` where the registry cannot be
 * reached or sends something else than it should.
 */
export async function pullImage(of: OciReference, options: PullOptions = {}): Promise<ImageFile> {
  const { signal = new AbortController().signal, onProgress = () => {} } = options;
  const host = hostPlatform();
  if (host === undefined) {
    throw new HostFault(`pull ${referenceText(of)}`, 'there are images for x86_64 and aarch64 machines only');
  }
  const registry = new Registry(of, options);
  const { pauses = defaultPauses } = options;
  const asking: Asking = { registry, of, host, signal, pauses, onProgress };
  const pull = new Pull(asking, options);
  try {
    return await pull.image();
  } catch (error) {
    throw unreachable(error) ? new HostFault(`pull ${referenceText(of)}`, error) : error;
  }
}

class Pull {
  readonly #asking: Asking;
  readonly #options: PullOptions;
  readonly #known: KnownImages;
  readonly #blobs = new BlobStore(join(cacheFolder(), 'oci', 'blobs'));

  constructor(asking: Asking, options: PullOptions) {
    this.#asking = asking;
    this.#options = options;
    this.#known = new KnownImages(join(cacheFolder(), 'oci', 'known'), asking.of, asking.host);
  }

  async image(): Promise<ImageFile> {
    const { of, signal } = this.#asking;
    const known = of.digest === undefined ? undefined : await this.#ready();
    if (known !== undefined) {
      return known;
    }
    let resolved: ResolvedImage;
    try {
      resolved = await resolveImage(this.#asking);
    } catch (error) {
      return await this.#last(error);
    }
    const path = imagePath(resolved.digest);
    if (!existsSync(path)) {
      const onWait = () => this.#asking.onProgress(`waiting for another pull of ${referenceText(of)}`);
      await withLock(`${path}.lock`, () => this.#makeUnlessThere(path, resolved), { signal, onWait });
    }
    await this.#known.remember(resolved.digest);
    return await verifyImage(path, signal);
  }

  /** What the reference stood for last, where that is here. */
  async #ready(): Promise<ImageFile | undefined> {
    const digest = await this.#known.last();
    return digest !== undefined && existsSync(imagePath(digest))
      ? await verifyImage(imagePath(digest), this.#asking.signal)
      : undefined;
  }

  async #last(error: unknown): Promise<ImageFile> {
    const last = unreachable(error) ? await this.#ready() : undefined;
    if (last === undefined || !unreachable(error)) {
      throw error;
    }
    const name = referenceText(this.#asking.of);
    this.#asking.onProgress(`${name} could not be asked for (${error.message}): what was pulled last is used`);
    return last;
  }

  async #makeUnlessThere(path: string, resolved: ResolvedImage): Promise<void> {
    if (existsSync(path)) {
      return;
    }
    const { of, onProgress } = this.#asking;
    onProgress(`pulling ${referenceText(of)} (${resolved.digest})`);
    const config = await resolveConfig(this.#asking, resolved, this.#blobs);
    try {
      await this.#make(path, resolved, config);
    } catch (error) {
      if (!(error instanceof DamagedLayer)) {
        throw error;
      }
      // The cache's copy may have been damaged since it was checked.
      await this.#blobs.forget(error.digest);
      await this.#make(path, resolved, config).catch(asRefusal);
    }
    await this.#blobs.shrink(this.#options.cacheLimit ?? defaultCacheLimit);
  }

  async #make(path: string, { digest, manifest }: ResolvedImage, config: OciConfig): Promise<void> {
    const { of, host, signal, onProgress } = this.#asking;
    const files: FileHandle[] = [];
    try {
      await this.#openLayers(manifest.layers, files);
      const layers = manifest.layers.flatMap(({ mediaType, digest }, index) => {
        const [file, diffId] = [files[index], config.rootfs.diff_ids[index]];
        return file === undefined || diffId === undefined ? [] : [{ file, mediaType, digest, diffId }];
      });
      const about = { name: shortName(of), version: digest, arch: host.arch };
      const pulled: Pulled = { about, config, layers };
      await putInPlace(path, (temporary) => {
        const work = { temporary: `${temporary}.d`, onProgress, signal };
        return convertImage(pulled, temporary, this.#options.bounds ?? defaultBounds, work);
      });
    } finally {
      await Promise.all(files.map((file) => file?.close()));
    }
  }

  /** Several at once; when one cannot be had the others are called off, and all that are open stand in `files`. */
  async #openLayers(layers: readonly Descriptor[], files: FileHandle[]): Promise<void> {
    const { of, onProgress } = this.#asking;
    await eachOf(layers, layersAtOnce, this.#asking.signal, async (layer, index, signal) => {
      const size = `${Math.ceil(layer.size / 1e6)} MB`;
      onProgress(`${referenceText(of)}: layer ${index + 1} of ${layers.length}, ${size}`);
      files[index] = await this.#blobs.open(layer, { ...this.#asking, signal });
    });
  }
}

function asRefusal(error: unknown): never {
  throw error instanceof DamagedLayer ? new WrongInput([{ message: `the image is refused: ${error.message}` }]) : error;
}

function imagePath(digest: string): string {
  return join(cacheFolder(), 'images', `oci-${digest.replace(/^.*:/, '').slice(0, 32)}-${recipe}.lv`);
}

/** What messages call it: the last part of its name. */
function shortName({ repository }: OciReference): string {
  return repository.split('/').at(-1)?.slice(0, 64) || 'image';
}
