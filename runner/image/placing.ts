import { chmod, lstat, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { WrongInput } from '../host/fault.ts';
import { isSystemError } from '../host/in-place.ts';

/**
 * The host path of an image path below `root`, its parent folders made with mode 755. Throws a `WrongInput` where a
 * parent is no folder: a link there could lead out of the image and onto the host.
 */
export async function placeIn(root: string, path: string): Promise<string> {
  await makeFolderIn(root, dirname(path));
  return join(root, path);
}

/** Makes the folder `path` below `root`, and those above it; what is there keeps its mode. */
export async function makeFolderIn(root: string, path: string): Promise<string> {
  let folder = root;
  for (const name of path.split('/').filter((part) => part !== '')) {
    folder = join(folder, name);
    await makeOne(folder, path);
  }
  return folder;
}

async function makeOne(folder: string, path: string): Promise<void> {
  try {
    await mkdir(folder);
    await chmod(folder, 0o755);
  } catch (error) {
    if (!isSystemError(error) || error.code !== 'EEXIST') {
      throw error;
    }
    if (!(await lstat(folder)).isDirectory()) {
      throw new WrongInput([{ message: `${path} cannot be put into the image: something above it is no folder` }]);
    }
  }
}
