import { askGit, gitIn } from './git.ts';

/**
 * The files that the commit at hand changed, and those changed since in the working tree; `undefined` where there is no
 * commit before it to compare with.
 */
export async function changedFiles(top: string): Promise<readonly string[] | undefined> {
  const git = gitIn(top);
  const committed = await askGit(git, 'diff', '--name-only', '-z', '--no-renames', 'HEAD^', 'HEAD');
  if (committed === undefined) {
    return undefined;
  }
  const since = await askGit(git, 'diff', '--name-only', '-z', '--no-renames', 'HEAD');
  const names = `${committed}\0${since ?? ''}`.split('\0').filter((name) => name !== '');
  return [...new Set(names)].sort();
}
