import type { Json } from '../../../model/workflow.ts';
import { askGit, gitIn } from '../git.ts';
import { branchCommit, type Facts, refName } from './facts.ts';

/** The number that a pull request made here has. */
const number = 1;

/** A pull request from the branch at hand into the default branch, as payloads show it. */
export async function pullRequest(facts: Facts, repository: Json): Promise<{ readonly [key: string]: Json }> {
  const { top, sha, ref, defaultBranch, actor, repository: name, owner } = facts;
  const git = top === undefined ? undefined : gitIn(top);
  const base = (top === undefined ? undefined : await branchCommit(top, defaultBranch)) ?? sha;
  const subject = git === undefined ? undefined : await askGit(git, 'log', '-1', '--format=%s', 'HEAD');
  const count = git === undefined ? undefined : await askGit(git, 'rev-list', '--count', `${base}..HEAD`);
  const user = { login: actor, type: 'User' };
  const side = (branch: string, commit: string) => ({
    ref: branch,
    sha: commit,
    label: `${owner}:${branch}`,
    user: { login: owner },
    repo: repository,
  });
  return {
    id: number,
    number,
    state: 'open',
    title: subject ?? refName(ref),
    body: null,
    draft: false,
    merged: false,
    mergeable: true,
    merge_commit_sha: sha,
    user,
    labels: [],
    assignees: [],
    requested_reviewers: [],
    milestone: null,
    author_association: 'OWNER',
    commits: Number(count ?? 1),
    head: side(refName(ref), sha),
    base: side(defaultBranch, base),
    html_url: `https://github.com/${name}/pull/${number}`,
    url: `https://api.github.com/repos/${name}/pulls/${number}`,
  };
}
