import type { OpenSource, SourceRequest } from '../../../model/lease.ts';
import { cloneInto, cloneRepository, inOwnFolder } from './clone.ts';
import { noSuchRef, wantedHere } from './wanted.ts';
import { here, packWorkingTree } from './working-tree.ts';

/** Checkouts for a run of files on this machine; `repository` is the top of the one that holds the file. */
export function localSource(repository: string | undefined): OpenSource {
  return async (request, signal) => {
    if (request.repository !== undefined && request.repository !== '') {
      return await cloneRepository(request.repository, request, signal);
    }
    if (repository === undefined) {
      return undefined;
    }
    const { ref = '' } = request;
    return ref === ''
      ? packWorkingTree(repository, request, signal)
      : await otherCommit(repository, { ...request, ref }, signal);
  };
}

/** Another commit of the repository at hand, from where it came from if it is not here. */
async function otherCommit(
  top: string,
  request: SourceRequest & { readonly ref: string },
  signal: AbortSignal,
): Promise<AsyncGenerator<Uint8Array>> {
  const wanted = await wantedHere(top, request.ref);
  const { url, origin } = await here(top);
  if (wanted !== undefined) {
    return await inOwnFolder((folder) => cloneInto(folder, { url, origin, wanted }, request, signal));
  }
  if (origin === undefined) {
    throw noSuchRef(request.ref, url);
  }
  return await cloneRepository(origin, request, signal);
}
