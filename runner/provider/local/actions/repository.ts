import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { SimpleGit } from 'simple-git';
import { causeText, WrongInput } from '../../../host/fault.ts';
import { makeFolder } from '../../../host/in-place.ts';
import { withLock } from '../../../host/lock.ts';
import { withoutUsers } from '../address.ts';
import { askGit, gitIn } from '../git.ts';

/** A commit's full name. */
export const fullCommit = /^[0-9a-f]{40}$/;

/** A bare repository of the cache that holds the commits of one action's repository as far as they were asked for. */
export class ActionRepository {
  readonly #folder: string;
  readonly #address: string;

  /** `folder` is made when it is missing; `address` as git takes it. */
  constructor(folder: string, address: string) {
    this.#folder = folder;
    this.#address = address;
  }

  get folder(): string {
    return this.#folder;
  }

  /**
   * Makes sure that a commit is here, and gives it. A full commit that is here is not asked for again; a branch or tag
   * is, since it may have moved. Rejects with a `WrongInput` that holds git's words.
   */
  async fetch(ref: string, signal: AbortSignal): Promise<string> {
    return await withLock(
      `${this.#folder}.lock`,
      async () => {
        await makeFolder(this.#folder);
        const git = gitIn(this.#folder, signal);
        await git.raw(['init', '--quiet', '--bare']);
        if (fullCommit.test(ref) && (await holds(git, ref))) {
          return ref;
        }
        const commit = await this.#fetch(git, ref, signal);
        // A ref of ours keeps the commit from being cleaned up, and remembers it for when nobody can be asked.
        await git.raw(['update-ref', remembered(ref), commit]);
        return commit;
      },
      { signal },
    );
  }

  /** The commit that a ref had when it was last fetched. */
  async lastKnown(ref: string): Promise<string | undefined> {
    if (!existsSync(join(this.#folder, 'HEAD'))) {
      return undefined;
    }
    const commit = await askGit(gitIn(this.#folder), 'rev-parse', '--verify', '--quiet', `${remembered(ref)}^{commit}`);
    return commit === '' ? undefined : commit;
  }

  async #fetch(git: SimpleGit, ref: string, signal: AbortSignal): Promise<string> {
    try {
      await git.raw(['fetch', '--quiet', '--no-tags', '--no-auto-gc', '--depth', '1', this.#address, ref]);
    } catch (error) {
      signal.throwIfAborted();
      throw new WrongInput([{ message: lastLine(causeText(error)) }]);
    }
    const commit = (await git.raw(['rev-parse', '--verify', 'FETCH_HEAD^{commit}'])).trim();
    if (fullCommit.test(ref) && commit !== ref) {
      throw new WrongInput([{ message: `the server answered with the commit ${commit}` }]);
    }
    return commit;
  }
}

async function holds(git: SimpleGit, commit: string): Promise<boolean> {
  return (await askGit(git, 'cat-file', '-e', `${commit}^{commit}`)) !== undefined;
}

/** Refs may hold what git refuses in names of refs of ours, so they are told by their hex. */
function remembered(ref: string): string {
  return `refs/lightv/${Buffer.from(ref).toString('hex')}`;
}

function lastLine(words: string): string {
  const lines = words
    .trim()
    .split('\n')
    .filter((line) => line.trim() !== '');
  const fatal = lines.find((line) => /^(?:fatal|error):/.test(line));
  return withoutUsers(fatal ?? lines.at(-1) ?? 'git gave no reason');
}
