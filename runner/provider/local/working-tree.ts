import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pack } from 'tar-stream';
import { WrongInput } from '../../host/fault.ts';
import { packing } from '../../host/tar.ts';
import { addEntry } from '../../service/pack.ts';
import { gitIn } from './git.ts';

/**
 * The working tree as git sees it, as a tar: tracked and untracked files as they are on disk now, without the ignored
 * and the deleted. Repositories inside it (submodules that are checked out, and clones) are taken in the same way.
 * `.git` is not in it. Fails with a `HostFault`.
 */
export function packWorkingTree(top: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const fill = async (archive: Pack) => {
    for await (const path of listTree(top, '', signal)) {
      signal.throwIfAborted();
      await addEntry(archive, join(top, path), path);
    }
  };
  return packing(`read the working tree ${top}`, fill, signal);
}

/** Paths relative to `top` of what git lists below `prefix`, each once. */
async function* listTree(top: string, prefix: string, signal: AbortSignal): AsyncGenerator<string> {
  const folder = join(top, prefix);
  const listed = await gitIn(folder, signal).raw(['ls-files', '-z', '--cached', '--others', '--exclude-standard']);
  for (const name of new Set(listed.split('\0').filter((part) => part !== ''))) {
    const path = join(prefix, name);
    if (name.includes('\ufffd')) {
      throw new WrongInput([{ message: `the name of the file ${JSON.stringify(join(top, path))} is not UTF-8` }]);
    }
    const kind = await lstat(join(top, path)).catch(ifMissing);
    if (kind?.isDirectory() !== true) {
      yield path;
    } else if ((await lstat(join(top, path, '.git')).catch(ifMissing)) !== undefined) {
      yield* listTree(top, path, signal);
    }
  }
}

function ifMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') {
    throw error;
  }
}
