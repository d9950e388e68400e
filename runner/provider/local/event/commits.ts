import type { Json } from '../../../model/workflow.ts';
import { askGit, gitIn } from '../git.ts';
import { type Facts, refName } from './facts.ts';

/** Commits of a push that its payload lists, as on GitHub. */
const mostCommits = 20;

/** A commit that stands for none. */
export const noCommit = '0'.repeat(40);

const fields = ['%H', '%T', '%aI', '%an', '%ae', '%cn', '%ce', '%B'].join('%x1f');

/** What the payload of a push says of the branch or tag at hand: its last commit, pushed alone. */
export async function pushPayload({
  top,
  ref,
  sha,
  actor,
  repository,
}: Facts): Promise<{ readonly [key: string]: Json }> {
  const tag = ref.startsWith('refs/tags/');
  const git = top === undefined ? undefined : gitIn(top);
  const parent = git === undefined || tag ? undefined : await askGit(git, 'rev-parse', '--verify', 'HEAD^');
  const before = parent ?? noCommit;
  const [head = null] = git === undefined ? [] : await commitsOf(git, repository, ['-1', 'HEAD']);
  const compare = `https://github.com/${repository}/compare/${
    parent === undefined ? refName(ref) : `${before.slice(0, 12)}...${sha.slice(0, 12)}`
  }`;
  return {
    ref,
    before,
    after: sha,
    base_ref: null,
    created: parent === undefined,
    deleted: false,
    forced: false,
    compare,
    commits: head === null || tag ? [] : [head],
    head_commit: head,
    pusher: { name: actor },
  };
}

/** Commits that `git log` gives for `args`, the oldest first. */
export async function commitsOf(
  git: ReturnType<typeof gitIn>,
  repository: string,
  args: readonly string[],
): Promise<Json[]> {
  const told = (await askGit(git, 'log', '-z', `--format=${fields}`, `--max-count=${mostCommits}`, ...args)) ?? '';
  const commits = told.split('\0').filter((record) => record.trim() !== '');
  return commits.map((record) => commit(record, repository)).reverse();
}

function commit(record: string, repository: string): Json {
  const [id = '', tree_id = '', timestamp = '', author = '', email = '', committer = '', to = '', message = ''] =
    record.split('\x1f');
  return {
    id,
    tree_id,
    distinct: true,
    message: message.trim(),
    timestamp,
    url: `https://github.com/${repository}/commit/${id}`,
    author: { name: author, email, username: author },
    committer: { name: committer, email: to, username: committer },
    added: [],
    removed: [],
    modified: [],
  };
}
