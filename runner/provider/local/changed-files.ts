import type { Json } from '../../model/workflow.ts';
import { noCommit } from './event/commits.ts';
import { textAt } from './event/context.ts';
import { askGit, gitIn } from './git.ts';

/**
 * The files that an event is about: of a push those between its commits, of a pull request those since it left its base,
 * else those of the commit at hand. What changed since in the working tree is among them. `undefined` where git has
 * nothing to compare with.
 */
export async function changedFiles(top: string, event: string, payload: Json): Promise<readonly string[] | undefined> {
  const git = gitIn(top);
  const committed = await askGit(git, 'diff', '--name-only', '-z', '--no-renames', ...range(event, payload));
  if (committed === undefined) {
    return undefined;
  }
  const since = await askGit(git, 'diff', '--name-only', '-z', '--no-renames', 'HEAD');
  const names = `${committed}\0${since ?? ''}`.split('\0').filter((name) => name !== '');
  return [...new Set(names)].sort();
}

function range(event: string, payload: Json): readonly string[] {
  const base = textAt(payload, 'pull_request', 'base', 'sha');
  if (event.startsWith('pull_request') && isCommit(base)) {
    return [`${base}...HEAD`];
  }
  const [before, after] = [textAt(payload, 'before'), textAt(payload, 'after')];
  return event === 'push' && isCommit(before) && isCommit(after) ? [before, after] : ['HEAD^', 'HEAD'];
}

/** A payload is anybody's: what is no commit is no argument for git. */
function isCommit(text: string | undefined): text is string {
  return text !== undefined && /^[0-9a-f]{40,64}$/.test(text) && text !== noCommit;
}
