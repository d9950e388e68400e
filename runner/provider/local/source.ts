import type { OpenSource } from '../../model/lease.ts';
import { cloneRepository } from './clone.ts';
import { packWorkingTree } from './working-tree.ts';

/** Checkouts for a run of files on this machine; `repository` is the top of the one that holds the file. */
export function localSource(repository: string | undefined): OpenSource {
  return async (request, signal) => {
    if (request.repository !== undefined && request.repository !== '') {
      return await cloneRepository(request.repository, request, signal);
    }
    return repository === undefined ? undefined : packWorkingTree(repository, signal);
  };
}
