import { readFile, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { HostFault, WrongInput } from '../../../host/fault.ts';
import { isSystemError } from '../../../host/in-place.ts';
import type { FetchAction } from '../../../model/action.ts';
import type { Commit } from '../../../plan/self-reference.ts';
import { packWorkingTree } from '../checkout/working-tree.ts';
import { largestManifest } from './fetched.ts';

/** Brings actions of the repository `top` at the commit at hand from its working tree as it is; all others as `fetch` does. */
export function withOwnActions(fetch: FetchAction, top: string | undefined, hand: Commit): FetchAction {
  return async (repository, ref, signal) => {
    if (top === undefined || ref !== hand.ref || repository.toLowerCase() !== hand.repository.toLowerCase()) {
      return await fetch(repository, ref, signal);
    }
    return {
      repository,
      ref,
      commit: ref,
      read: (path) => textIn(top, path),
      tar: (stop) => packWorkingTree(top, {}, stop),
    };
  };
}

/** A link that leads out of the tree leads nowhere. */
async function textIn(top: string, path: string): Promise<string | undefined> {
  try {
    const file = await realpath(join(top, path));
    const found = await stat(file);
    if (!found.isFile() || !file.startsWith(`${await realpath(top)}${sep}`)) {
      return undefined;
    }
    if (found.size > largestManifest) {
      throw new WrongInput([{ message: `${path} has ${found.size} bytes; allowed: ${largestManifest}` }]);
    }
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isSystemError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'ELOOP')) {
      return undefined;
    }
    throw isSystemError(error) ? new HostFault(`read ${join(top, path)}`, error) : error;
  }
}
