import { existsSync, readdirSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { WrongInput } from '../host/fault.ts';
import { packageRoot } from '../host/paths.ts';
import type { ImageFile, RegistryCredentials } from '../model/image.ts';
import { buildImage, cachedImage } from './build.ts';
import { pullImage } from './oci/pull.ts';
import { type OciReference, ociPrefix, parseOciReference } from './oci/reference.ts';
import { definitionFile, readDefinition } from './read-definition.ts';
import { verifyImage } from './verify.ts';

export interface OpenOptions {
  /** What relative references start from; the working directory when left out. */
  readonly repository?: string;
  readonly onProgress?: (line: string) => void;
  readonly signal?: AbortSignal;
  /** What opens a registry, by its host and port (`docker.io`, `localhost:5000`). */
  readonly credentials?: (registry: string) => RegistryCredentials | undefined;
  /** Bytes that layers of pulled images may take in the cache. */
  readonly layerLimit?: number;
}

/** What a reference leads to: a folder with a definition or a `.lv` file, as an absolute path, or an OCI image. */
type Found =
  | { readonly kind: 'folder' | 'file'; readonly path: string }
  | { readonly kind: 'oci'; readonly reference: OciReference };

/**
 * The image a reference names, built or pulled when it has to be and checked: a shipped name (`busybox`), a folder with
 * a `lightv.yaml`, a `.lv` file, or `docker://` and the name of an OCI image. Throws a `WrongInput` for a reference that
 * leads nowhere, a wrong definition, a damaged file or an image that may not be pulled; a `HostFault` when the host
 * cannot build it or a registry cannot be asked.
 */
export async function openImage(ref: string, options: OpenOptions = {}): Promise<ImageFile> {
  const found = find(ref, options.repository);
  if (found === undefined) {
    throw new WrongInput([{ message: unknownImage(ref) }]);
  }
  switch (found.kind) {
    case 'file':
      return await verifyImage(found.path, options.signal);
    case 'folder':
      return await buildImage(found.path, options);
    case 'oci':
      return await openOci(found.reference, options);
  }
}

async function openOci(reference: OciReference, { credentials, layerLimit, ...rest }: OpenOptions): Promise<ImageFile> {
  const known = credentials?.(reference.registry);
  return await pullImage(reference, {
    ...rest,
    ...(known === undefined ? {} : { credentials: known }),
    ...(layerLimit === undefined ? {} : { cacheLimit: layerLimit }),
  });
}

/** The image of something LightV brings along and attaches to machines, built when it has to be. As `openImage`. */
export async function openTool(name: string, options: OpenOptions = {}): Promise<ImageFile> {
  return await buildImage(join(packageRoot(), 'images', 'tools', name), options);
}

/** Whether a reference leads to an image, without building or reading it. */
export function imageExists(ref: string, repository?: string): boolean {
  return find(ref, repository) !== undefined;
}

/** One sentence for a reference that leads nowhere: it lists the shipped images. */
export function unknownImage(ref: string): string {
  const oci = ref.startsWith(ociPrefix) ? parseOciReference(ref) : undefined;
  if (typeof oci === 'string') {
    return `\`${ref}\` names no image: ${oci}`;
  }
  const shipped = shippedImages().join(', ');
  return `there is no image \`${ref}\`: expected ${shipped}, a folder with a ${definitionFile}, a .lv file or ${ociPrefix}name:tag`;
}

/** Names of the images LightV brings along, sorted. */
export function shippedImages(): readonly string[] {
  const images = join(packageRoot(), 'images');
  return readdirSync(images)
    .filter((name) => existsSync(join(images, name, definitionFile)))
    .sort();
}

/** Whether an image has still to be built on a Debian base, which takes programs of its own. False for what is not there. */
export async function needsDebianBase(ref: string, repository?: string): Promise<boolean> {
  const found = find(ref, repository);
  if (found?.kind !== 'folder') {
    return false;
  }
  const read = await readDefinition(found.path);
  return read.definition.from.debian !== undefined && !existsSync(await cachedImage(read));
}

function find(ref: string, repository = process.cwd()): Found | undefined {
  if (ref.startsWith(ociPrefix)) {
    const reference = parseOciReference(ref);
    return typeof reference === 'string' ? undefined : { kind: 'oci', reference };
  }
  const shipped = join(packageRoot(), 'images', ref);
  if (/^[a-z0-9][a-z0-9._-]*$/.test(ref) && existsSync(join(shipped, definitionFile))) {
    return { kind: 'folder', path: shipped };
  }
  const path = isAbsolute(ref) ? ref : resolve(repository, ref);
  if (ref !== '' && existsSync(join(path, definitionFile))) {
    return { kind: 'folder', path };
  }
  return ref.endsWith('.lv') && existsSync(path) ? { kind: 'file', path } : undefined;
}
