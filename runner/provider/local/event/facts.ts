import { basename } from 'node:path';
import { withoutUser } from '../address.ts';
import { askGit, gitIn } from '../git.ts';

/** What git knows of the commit at hand. What it cannot tell, as in a repository without a commit, is empty. */
export interface Facts {
  /** Absolute path of the repository's top; absent outside git. */
  readonly top?: string;
  /** `owner/name` of the remote's address, else the folder's name. */
  readonly repository: string;
  readonly owner: string;
  readonly sha: string;
  /** Full: `refs/heads/main`, `refs/tags/v1`. */
  readonly ref: string;
  readonly defaultBranch: string;
  /** Who runs this. */
  readonly actor: string;
}

/** Asks git for what events are made of. */
export async function repositoryFacts(top: string | undefined, actor: string): Promise<Facts> {
  if (top === undefined) {
    return { repository: '', owner: '', sha: '', ref: '', defaultBranch: '', actor };
  }
  const git = gitIn(top);
  const sha = (await askGit(git, 'rev-parse', '--verify', 'HEAD')) ?? '';
  const branch = await askGit(git, 'symbolic-ref', 'HEAD');
  const tag = branch === undefined ? await askGit(git, 'describe', '--exact-match', '--tags', 'HEAD') : undefined;
  const ref = branch ?? (tag === undefined ? '' : `refs/tags/${tag}`);
  const repository = repositoryName(await askGit(git, 'remote', 'get-url', 'origin'), top);
  const owner = repository.includes('/') ? repository.slice(0, repository.indexOf('/')) : '';
  return { top, repository, owner, sha, ref, defaultBranch: await defaultBranch(top, ref), actor };
}

/** A ref without `refs/heads/` or `refs/tags/`; of a pull request's `1/merge`. */
export function refName(ref: string): string {
  return ref.replace(/^refs\/(?:heads|tags|pull)\//, '');
}

/** The commit that a branch of the repository, or of its remote, stands at; `undefined` for none. */
export async function branchCommit(top: string, branch: string): Promise<string | undefined> {
  const git = gitIn(top);
  for (const ref of [`refs/remotes/origin/${branch}`, `refs/heads/${branch}`]) {
    const sha = await askGit(git, 'rev-parse', '--verify', `${ref}^{commit}`);
    if (sha !== undefined) {
      return sha;
    }
  }
  return undefined;
}

/** The remote's, else `main` or `master` where there is one, else the branch at hand. */
async function defaultBranch(top: string, ref: string): Promise<string> {
  const remote = await askGit(gitIn(top), 'symbolic-ref', '--short', 'refs/remotes/origin/HEAD');
  if (remote !== undefined) {
    return remote.replace(/^origin\//, '');
  }
  for (const usual of ['main', 'master']) {
    if ((await branchCommit(top, usual)) !== undefined) {
      return usual;
    }
  }
  return ref.startsWith('refs/heads/') ? refName(ref) : 'main';
}

/** `owner/name` of the remote's address, else the folder's name. */
export function repositoryName(remote: string | undefined, top: string): string {
  const path = withoutUser(remote ?? '')
    .replace(/^[a-z+]+:\/\/[^/]+\//i, '')
    .replace(/^[^/]+:/, '')
    .replace(/\.git\/?$/, '');
  const parts = path.split('/').filter((part) => part !== '');
  return remote === undefined || parts.length === 0 ? basename(top) : parts.slice(-2).join('/');
}
