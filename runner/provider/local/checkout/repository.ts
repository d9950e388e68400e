import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SimpleGit } from 'simple-git';
import { causeText, WrongInput } from '../../../host/fault.ts';
import { withoutUser, withoutUsers } from '../address.ts';
import { gitIn } from '../git.ts';
import { type Sparse, sparseLines } from './sparse.ts';
import type { WantedCommit } from './wanted.ts';

/** How a repository for a workspace is made. */
export interface RepositoryPlan {
  /** What is fetched from; with the user's own credentials, none of which are written down. */
  readonly url: string;
  /** What the repository says it came from, if it says so. */
  readonly origin?: string;
  readonly wanted: WantedCommit;
  /** Commits of history; 0 for all of it, with all branches and tags. */
  readonly depth: number;
  readonly tags: boolean;
  /** More refs that a full history has, as refspecs; one that cannot be had is no failure. */
  readonly more?: readonly string[];
  readonly sparse?: Sparse;
  /** Whether the files are written beside `.git`. */
  readonly files: boolean;
}

/** Nothing that git starts by itself may go on when it has ended. */
const still = ['-c', 'gc.auto=0', '-c', 'maintenance.auto=false', '-c', 'advice.detachedHead=false'];

/**
 * Makes a repository in the empty folder `folder`, as a clone of that history has it, on the wanted commit. Fetching by
 * address into a fresh repository keeps remotes, headers and helpers of the host out of its configuration. Rejects with
 * a `WrongInput` for what cannot be had.
 */
export async function makeRepository(folder: string, plan: RepositoryPlan, signal: AbortSignal): Promise<void> {
  const git = gitIn(folder, signal);
  try {
    await git.raw(['init', '--quiet']);
    await fetchInto(git, plan);
    await stand(git, folder, plan);
    if (plan.origin !== undefined) {
      await git.raw(['remote', 'add', 'origin', withoutUser(plan.origin)]);
    }
  } catch (error) {
    signal.throwIfAborted();
    const words = withoutUsers(causeText(error).trim());
    const { fetch } = plan.wanted;
    throw new WrongInput([{ message: `could not fetch "${fetch}" of ${withoutUser(plan.url)}: ${words}` }]);
  }
  for (const name of ['FETCH_HEAD', 'ORIG_HEAD', 'logs', 'hooks']) {
    await rm(join(folder, '.git', name), { recursive: true, force: true });
  }
}

async function fetchInto(git: SimpleGit, { url, wanted, depth, tags, more = [] }: RepositoryPlan): Promise<void> {
  const fetch = [...still, 'fetch', '--quiet', '--no-auto-gc', '--update-shallow'];
  const own = `+${wanted.fetch}${wanted.keptAs === undefined ? '' : `:${wanted.keptAs}`}`;
  if (depth > 0) {
    await git.raw([...fetch, tags ? '--tags' : '--no-tags', '--depth', String(depth), url, own]);
    return;
  }
  await git.raw([...fetch, '--tags', url, '+refs/heads/*:refs/remotes/origin/*']);
  for (const refspec of more) {
    await git.raw([...fetch, '--no-tags', url, refspec]);
  }
  await git.raw([...fetch, '--no-tags', url, own]);
}

/** On the branch where there is one, else on the commit itself. */
async function stand(git: SimpleGit, folder: string, { wanted, sparse, files }: RepositoryPlan): Promise<void> {
  const commit = (await git.raw(['rev-parse', '--verify', 'FETCH_HEAD^{commit}'])).trim();
  const { branch } = wanted;
  if (branch === undefined) {
    await git.raw(['update-ref', '--no-deref', 'HEAD', commit]);
  } else {
    await git.raw(['update-ref', `refs/heads/${branch}`, commit]);
    await git.raw(['symbolic-ref', 'HEAD', `refs/heads/${branch}`]);
    await git.raw(['config', `branch.${branch}.remote`, 'origin']);
    await git.raw(['config', `branch.${branch}.merge`, `refs/heads/${branch}`]);
  }
  if (sparse !== undefined) {
    await git.raw(['config', 'core.sparseCheckout', 'true']);
    await git.raw(['config', 'core.sparseCheckoutCone', String(sparse.cone)]);
    await mkdir(join(folder, '.git/info'), { recursive: true });
    await writeFile(join(folder, '.git/info/sparse-checkout'), `${sparseLines(sparse).join('\n')}\n`);
  }
  // What a sparse checkout leaves out is only marked where git writes the files.
  const writing = files || sparse !== undefined ? ['-u'] : [];
  await git.raw([...still, 'read-tree', '-m', ...writing, 'HEAD']);
}
