import { resolve } from 'node:path';
import type { FetchAction } from '../model/action.ts';
import { actionFetcher } from '../provider/local/actions/fetch.ts';
import { readLock } from '../provider/local/actions/lock-file.ts';
import type { FetchFor } from '../provider/local/read-plans.ts';

/**
 * Brings the repositories of called workflows, before there is a run; the lock file of the repository that calls them
 * holds. What is worth knowing is said on stderr.
 */
export function workflowFetcher({ actionsMirror }: { readonly actionsMirror?: string }): FetchFor {
  const made = new Map<string | undefined, Promise<FetchAction>>();
  return async (repository) => {
    const found = made.get(repository) ?? fetcherOf(repository, actionsMirror);
    made.set(repository, found);
    return await found;
  };
}

async function fetcherOf(repository: string | undefined, mirror: string | undefined): Promise<FetchAction> {
  const lock = repository === undefined ? undefined : await readLock(repository);
  return actionFetcher({
    run: 'plan',
    ...(mirror === undefined ? {} : { mirror: resolve(mirror) }),
    ...(lock === undefined ? {} : { lock }),
    warn: (sentence) => process.stderr.write(`lightv: ${sentence}\n`),
  });
}
