import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { WrongInput } from '../host/fault.ts';
import { packageRoot } from '../host/paths.ts';
import type { ImageFile } from '../model/image.ts';
import { buildImage, cachedImage } from './build.ts';
import { definitionFile, readDefinition } from './read-definition.ts';
import { verifyImage } from './verify.ts';

export interface OpenOptions {
  /** What relative references start from; the working directory when left out. */
  readonly repository?: string;
  readonly onProgress?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** What a reference leads to: a folder with a definition or a `.lv` file, as an absolute path. */
type Found = { readonly kind: 'folder' | 'file'; readonly path: string };

/**
 * The image a reference names, built when it has to be and checked: a shipped name (`busybox`), a folder with a
 * `lightv.yaml`, or a `.lv` file. Throws a `WrongInput` for a reference that leads nowhere, a wrong definition or a
 * damaged file; a `HostFault` when the host cannot build it.
 */
export async function openImage(ref: string, options: OpenOptions = {}): Promise<ImageFile> {
  const found = find(ref, options.repository);
  if (found === undefined) {
    throw new WrongInput([{ message: await unknownImage(ref) }]);
  }
  return found.kind === 'file' ? await verifyImage(found.path, options.signal) : await buildImage(found.path, options);
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
export async function unknownImage(ref: string): Promise<string> {
  const shipped = (await shippedImages()).join(', ');
  return `there is no image \`${ref}\`: expected ${shipped}, a folder with a ${definitionFile} or a .lv file`;
}

/** Names of the images LightV brings along, sorted. */
export async function shippedImages(): Promise<readonly string[]> {
  const images = join(packageRoot(), 'images');
  const names = await readdir(images);
  return names.filter((name) => existsSync(join(images, name, definitionFile))).sort();
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
