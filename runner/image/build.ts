import { existsSync } from 'node:fs';
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { arch } from 'node:os';
import { join, resolve } from 'node:path';
import { HostFault } from '../host/fault.ts';
import { putInPlace } from '../host/in-place.ts';
import { withLock } from '../host/lock.ts';
import { cacheFolder } from '../host/paths.ts';
import type { ImageFile, ImageManifest } from '../model/image.ts';
import { definitionDigest } from './definition-digest.ts';
import { makeFileSystem } from './file-system.ts';
import { imageConfig } from './image-config.ts';
import { packImage } from './pack.ts';
import { type ReadDefinition, readDefinition } from './read-definition.ts';
import { stageFiles } from './stage.ts';
import { verifyImage } from './verify.ts';

export interface BuildOptions {
  /** Told one line at a time what is being done. */
  readonly onProgress?: (line: string) => void;
  readonly signal?: AbortSignal;
  /** Also put the image here; a file there is replaced. */
  readonly output?: string;
}

/**
 * The image of a folder with a `lightv.yaml`: taken from the cache when its definition and the files it names did not
 * change, else built. Of several callers at once, in this process or others, one builds and the rest wait for it. A
 * build that fails or is aborted leaves nothing. Throws a `WrongInput` with places for a wrong definition, else a
 * `HostFault`.
 */
export async function buildImage(folder: string, options: BuildOptions = {}): Promise<ImageFile> {
  const read = await readDefinition(resolve(folder));
  const { name } = read.definition;
  const path = await cachedImage(read);
  const onProgress = options.onProgress ?? (() => {});
  const signal = options.signal ?? new AbortController().signal;
  if (!existsSync(path)) {
    const buildUnlessThere = async () => {
      if (!existsSync(path)) {
        await buildAt(path, read, onProgress, signal);
      }
    };
    const onWait = () => onProgress(`waiting for another build of ${name}`);
    await withLock(`${path}.lock`, buildUnlessThere, { signal, onWait });
  }
  if (options.output === undefined) {
    return await verifyImage(path, signal);
  }
  await putInPlace(resolve(options.output), (temporary) => copyFile(path, temporary));
  return await verifyImage(options.output, signal);
}

/** Where the image of a definition stands once it is built. */
export async function cachedImage(read: ReadDefinition): Promise<string> {
  const digest = await definitionDigest(read);
  return join(cacheFolder(), 'images', `${read.definition.name}-${digest.slice(0, 16)}.lv`);
}

/** Programs that were killed may write for a moment more. */
const gone = { recursive: true, force: true, maxRetries: 10, retryDelay: 100 } as const;

async function buildAt(
  path: string,
  read: ReadDefinition,
  onProgress: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  onProgress(`building the image ${read.definition.name}`);
  await putInPlace(path, async (temporary) => {
    const work = { temporary: `${temporary}.d`, onProgress, signal };
    try {
      await rm(work.temporary, gone);
      const root = join(work.temporary, 'root');
      await mkdir(root, { recursive: true });
      await stageFiles(read.definition, read.folder, root, work);
      await makeFileSystem(read.definition.from.debian, root, temporary, work);
      await packImage(temporary, about(read), signal);
      signal.throwIfAborted();
    } finally {
      await rm(work.temporary, gone);
    }
  });
}

function about({ definition }: ReadDefinition): Omit<ImageManifest, 'digest'> {
  const { name, version } = definition;
  return { name, version, arch: hostArch(), config: imageConfig(definition) };
}

/** What images are built for here. Throws a `HostFault` on a processor LightV has no guest for. */
function hostArch(): ImageManifest['arch'] {
  const names = { x64: 'x86_64', arm64: 'aarch64' } as const;
  const found = arch();
  if (found === 'x64' || found === 'arm64') {
    return names[found];
  }
  throw new HostFault('build an image', `there are images for x86_64 and aarch64, this machine is ${found}`);
}
