import { WrongInput } from '../../../host/fault.ts';
import { withoutUser } from '../address.ts';
import { askGit, gitIn } from '../git.ts';

/** What a checkout stands on. */
export interface WantedCommit {
  /** A ref of the server, or a commit. */
  readonly fetch: string;
  /** The ref that remembers it, as a clone has it. */
  readonly keptAs?: string;
  /** The local branch to be on; none: no branch. */
  readonly branch?: string;
}

/** The names of a commit in two notations of hashes. */
const fullCommit = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i;

/** Throws a `WrongInput` for what git would take for an option or for several refs. */
export function checkRef(ref: string): void {
  if (ref.startsWith('-') || /[\s\0:*?[\\^~]|\.\.|@\{/.test(ref)) {
    throw new WrongInput([{ message: `"${ref}" is no ref of a repository` }]);
  }
}

/**
 * What `ref` is in the repository at `url`: a branch before a tag, as actions/checkout has it; without one, the branch
 * that its HEAD is on. `undefined` when there is no such ref. Rejects with a `WrongInput` when it cannot be asked.
 */
export async function wantedCommit(
  folder: string,
  url: string,
  ref: string,
  signal: AbortSignal,
): Promise<WantedCommit | undefined> {
  checkRef(ref);
  if (fullCommit.test(ref)) {
    return { fetch: ref.toLowerCase() };
  }
  if (ref.startsWith('refs/')) {
    return named(ref);
  }
  const asked = ref === '' ? ['HEAD'] : [`refs/heads/${ref}`, `refs/tags/${ref}`];
  const told = await gitIn(folder, signal).raw(['ls-remote', '--quiet', '--symref', url, ...asked]);
  if (ref === '') {
    const branch = /^ref: (refs\/heads\/\S+)\tHEAD$/m.exec(told)?.[1];
    return branch === undefined ? { fetch: 'HEAD' } : named(branch);
  }
  const found = asked.find((name) => told.split('\n').some((line) => line.endsWith(`\t${name}`)));
  return found === undefined ? undefined : named(found);
}

function named(ref: string): WantedCommit {
  const [, kind, name = ''] = /^refs\/(heads|tags|pull)\/(.+)$/.exec(ref) ?? [];
  switch (kind) {
    case 'heads':
      return { fetch: ref, keptAs: `refs/remotes/origin/${name}`, branch: name };
    case 'tags':
      return { fetch: ref, keptAs: ref };
    case 'pull':
      return { fetch: ref, keptAs: `refs/remotes/pull/${name}` };
    default:
      return { fetch: ref };
  }
}

/** The same in a repository of this host, where branches of its server count too; all of them as commits. */
export async function wantedHere(top: string, ref: string): Promise<WantedCommit | undefined> {
  checkRef(ref);
  const git = gitIn(top);
  const commitOf = (name: string) => askGit(git, 'rev-parse', '--verify', '--end-of-options', `${name}^{commit}`);
  if (ref === '' || ref === 'HEAD') {
    const commit = await commitOf('HEAD');
    const branch = await askGit(git, 'symbolic-ref', 'HEAD');
    const tag = branch === undefined ? await askGit(git, 'describe', '--exact-match', '--tags', 'HEAD') : undefined;
    const on = branch ?? (tag === undefined ? undefined : `refs/tags/${tag}`);
    return commit === undefined ? undefined : { ...(on === undefined ? {} : named(on)), fetch: commit };
  }
  const names = ref.startsWith('refs/') || fullCommit.test(ref) ? [ref] : [`refs/heads/${ref}`, `refs/tags/${ref}`];
  const branch = /^refs\/heads\/(.+)$/.exec(ref)?.[1] ?? (ref.startsWith('refs/') ? undefined : ref);
  for (const name of [...names, ...(branch === undefined ? [] : [`refs/remotes/origin/${branch}`])]) {
    const commit = await commitOf(name);
    if (commit !== undefined) {
      const shown = name.replace('refs/remotes/origin/', 'refs/heads/');
      return { ...(fullCommit.test(name) ? {} : named(shown)), fetch: commit };
    }
  }
  return undefined;
}

/** One sentence for a ref that is not there. */
export function noSuchRef(ref: string, url: string): WrongInput {
  return new WrongInput([
    { message: `could not fetch "${ref}" of ${withoutUser(url)}: there is no such branch or tag` },
  ]);
}
