import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { sha256, sha256File } from '../host/digest.ts';
import { HostFault } from '../host/fault.ts';
import { isSystemError, writeWhole } from '../host/in-place.ts';
import { cacheFolder } from '../host/paths.ts';
import type { ImageFile } from '../model/image.ts';
import { type ReadManifest, readManifest, refused } from './manifest.ts';

/**
 * Checks an image's digest and gives the image. What was checked once is remembered in the cache by the file's size,
 * times and inode, so that later calls read its manifest only. Throws a `WrongInput` that says what is wrong with the
 * file, a `HostFault` when it or the cache cannot be used.
 */
export async function verifyImage(path: string, signal?: AbortSignal): Promise<ImageFile> {
  const file = resolve(path);
  const read = await readManifest(file);
  const { manifest, size } = read;
  const stamp = stampFile(file);
  const identity = await identityOf(file, manifest.digest);
  if ((await remembered(stamp)) !== identity) {
    await checkDigest(file, read, signal);
    await writeWhole(stamp, identity);
  }
  return { ...manifest, path: file, size };
}

async function checkDigest(file: string, { manifest, footer }: ReadManifest, signal?: AbortSignal): Promise<void> {
  const found = await sha256File(file, { start: 0, length: footer.fileSystemSize }, signal).catch((error: unknown) => {
    throw isSystemError(error) ? new HostFault(`read the image ${file}`, error) : error;
  });
  if (`sha256:${found}` !== manifest.digest) {
    throw refused(file, `is damaged: its file system has digest sha256:${found}, its manifest says ${manifest.digest}`);
  }
}

function stampFile(file: string): string {
  return join(cacheFolder(), 'verified', sha256(file).slice(0, 32));
}

async function identityOf(file: string, digest: string): Promise<string> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
  return [digest, dev, ino, size, mtimeNs, ctimeNs].join(' ');
}

async function remembered(stamp: string): Promise<string | undefined> {
  try {
    return await readFile(stamp, 'utf8');
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') {
      return undefined;
    }
    throw new HostFault(`read ${stamp}`, error);
  }
}
