import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises';
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
  const { branch, fetch } = plan.wanted;
  try {
    await git.raw(['init', '--quiet', ...(branch === undefined ? [] : [`--initial-branch=${branch}`])]);
    await fetchInto(git, plan);
    if (branch === undefined) {
      await git.raw(['update-ref', '--no-deref', 'HEAD', 'FETCH_HEAD^{commit}']);
    }
    await configure(folder, plan);
    // What a sparse checkout leaves out is only marked where git writes the files.
    const writing = plan.files || plan.sparse !== undefined ? ['-u'] : [];
    await git.raw([...still, 'read-tree', '-m', ...writing, 'HEAD']);
  } catch (error) {
    signal.throwIfAborted();
    const words = withoutUsers(causeText(error).trim());
    throw new WrongInput([{ message: `could not fetch "${fetch}" of ${withoutUser(plan.url)}: ${words}` }]);
  }
  for (const name of ['FETCH_HEAD', 'ORIG_HEAD', 'logs', 'hooks']) {
    await rm(join(folder, '.git', name), { recursive: true, force: true });
  }
}

/** The branch to be on is made by the fetch: each program of git's costs as much as a small fetch. */
async function fetchInto(git: SimpleGit, { url, wanted, depth, tags, more = [] }: RepositoryPlan): Promise<void> {
  const fetch = [...still, 'fetch', '--quiet', '--no-auto-gc', '--update-shallow', '--update-head-ok'];
  const { keptAs, branch } = wanted;
  const targets = [keptAs, branch === undefined ? undefined : `refs/heads/${branch}`].flatMap((ref) => ref ?? []);
  const own = targets.length === 0 ? [wanted.fetch] : targets.map((ref) => `+${wanted.fetch}:${ref}`);
  if (depth > 0) {
    await git.raw([...fetch, tags ? '--tags' : '--no-tags', '--depth', String(depth), url, ...own]);
    return;
  }
  await git.raw([...fetch, '--tags', url, '+refs/heads/*:refs/remotes/origin/*']);
  for (const refspec of more) {
    await git.raw([...fetch, '--no-tags', url, refspec]);
  }
  await git.raw([...fetch, '--no-tags', url, ...own]);
}

/** Git took the name of the branch by now: it holds nothing that would end its line. */
async function configure(folder: string, { wanted: { branch }, origin, sparse }: RepositoryPlan): Promise<void> {
  const quoted = (text: string) => `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
  const plain = (text: string) => (/^[\w./:@~+-]+$/.test(text) ? text : quoted(text));
  const lines = [
    ...(origin === undefined
      ? []
      : [
          '[remote "origin"]',
          `\turl = ${plain(withoutUser(origin))}`,
          '\tfetch = +refs/heads/*:refs/remotes/origin/*',
        ]),
    ...(branch === undefined
      ? []
      : [`[branch ${quoted(branch)}]`, '\tremote = origin', `\tmerge = ${plain(`refs/heads/${branch}`)}`]),
    ...(sparse === undefined ? [] : ['[core]', '\tsparseCheckout = true', `\tsparseCheckoutCone = ${sparse.cone}`]),
  ];
  await appendFile(join(folder, '.git/config'), lines.map((line) => `${line}\n`).join(''));
  if (sparse !== undefined) {
    await mkdir(join(folder, '.git/info'), { recursive: true });
    await writeFile(join(folder, '.git/info/sparse-checkout'), `${sparseLines(sparse).join('\n')}\n`);
  }
}
