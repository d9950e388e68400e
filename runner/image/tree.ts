import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder, putInPlace } from '../host/in-place.ts';
import { withLock } from '../host/lock.ts';
import { cacheFolder } from '../host/paths.ts';
import { runProgram } from '../host/process.ts';
import type { ImageFile } from '../model/image.ts';

/**
 * The folder that holds an image's files, unpacked on first use and shared by all who read it: nobody writes there.
 * Owners are as stored when LightV runs as root, else everything belongs to the user. Throws a `HostFault`.
 */
export async function imageTree(image: ImageFile, signal?: AbortSignal): Promise<string> {
  const trees = join(cacheFolder(), 'trees');
  const tree = join(trees, image.digest.replace('sha256:', ''));
  if (existsSync(tree)) {
    return tree;
  }
  // An image may hold setuid programs: no other user of this host is to reach them.
  await makeFolder(trees, 0o700);
  const unpackUnlessThere = async () => {
    if (!existsSync(tree)) {
      await putInPlace(tree, (temporary) => unpack(image, temporary, signal));
    }
  };
  await withLock(`${tree}.lock`, unpackUnlessThere, { ...(signal ? { signal } : {}) });
  return tree;
}

async function unpack(image: ImageFile, folder: string, signal?: AbortSignal): Promise<void> {
  const asRoot = process.getuid?.() === 0;
  await runProgram(
    `unpack the image ${image.name}`,
    [
      ...['setpriv', '--pdeathsig', 'KILL', 'unsquashfs', '-no-progress', '-quiet'],
      ...(asRoot ? [] : ['-user-xattrs']),
      ...['-dest', folder, image.path],
    ] as [string, ...string[]],
    { timeout: 600_000, ...(signal ? { signal } : {}) },
  );
}
