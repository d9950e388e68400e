import { open } from 'node:fs/promises';
import { sha256, sha256File } from '../host/digest.ts';
import type { ImageManifest } from '../model/image.ts';
import { blockSize, encodeFooter, footerSize, imageSize } from './footer.ts';

/**
 * Makes an image of a file that holds a squashfs: puts manifest and footer behind it, in place. The file system's size
 * must be a multiple of 4096, as mksquashfs and sqfstar leave it.
 */
export async function packImage(
  path: string,
  about: Omit<ImageManifest, 'digest'>,
  signal?: AbortSignal,
): Promise<void> {
  const digest = `sha256:${await sha256File(path, undefined, signal)}`;
  const file = await open(path, 'r+');
  try {
    const fileSystemSize = (await file.stat()).size;
    if (fileSystemSize === 0 || fileSystemSize % blockSize !== 0) {
      throw new Error(`a file system of ${fileSystemSize} bytes is no multiple of ${blockSize}`);
    }
    const { name, version, arch, config } = about;
    const manifest = Buffer.from(JSON.stringify({ name, version, digest, arch, config }));
    const tail = Buffer.alloc(imageSize({ fileSystemSize, manifestSize: manifest.length }) - fileSystemSize);
    manifest.copy(tail);
    const footer = { fileSystemSize, manifestSize: manifest.length, manifestDigest: sha256(manifest) };
    encodeFooter(footer).copy(tail, tail.length - footerSize);
    await file.write(tail, 0, tail.length, fileSystemSize);
    await file.sync();
  } finally {
    await file.close();
  }
}
