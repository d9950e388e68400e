import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { WrongInput } from '../../../host/fault.ts';
import { cacheFolder } from '../../../host/paths.ts';
import type { FetchAction, FetchedAction } from '../../../model/action.ts';
import { fetchedAction } from './fetched.ts';
import { type ActionLock, lockName } from './lock-file.ts';
import { ActionRepository, fullCommit } from './repository.ts';

export interface ActionSources {
  /** Owns the programs that are started. */
  readonly run: string;
  /** A folder of repositories `owner/repo` or `owner/repo.git` that are asked instead of the server. */
  readonly mirror?: string;
  /** Holds references to commits; one that it does not name is followed, and said. */
  readonly lock?: ActionLock;
  /** Told when a server cannot be asked and what it said before is taken, and what a lock leaves open. */
  readonly warn: (sentence: string) => void;
}

/** Actions fetched by git into the cache, each reference once. Git's `url.*.insteadOf` and credentials of the user hold. */
export function actionFetcher(sources: ActionSources): FetchAction {
  const known = new Map<string, Promise<FetchedAction>>();
  return (repository, ref, signal) => {
    const name = `${repository}@${ref}`;
    const found = known.get(name) ?? fetchOne(sources, repository, ref, signal);
    known.set(name, found);
    return found;
  };
}

async function fetchOne(
  { run, mirror, lock, warn }: ActionSources,
  repository: string,
  ref: string,
  signal: AbortSignal,
): Promise<FetchedAction> {
  checkReference(repository, ref);
  const name = `${repository}@${ref}`;
  const pinned = lock?.commits.get(lockName(repository, ref));
  if (lock !== undefined && pinned === undefined && !fullCommit.test(ref)) {
    warn(`${name} is not in ${lock.file}: its ref is followed; 'lightv actions lock' adds it`);
  }
  const bare = new ActionRepository(
    join(cacheFolder(), 'actions', `${repository.toLowerCase()}.git`),
    addressOf(repository, mirror),
  );
  const fetched = (commit: string) => fetchedAction({ repository, ref, commit }, bare.folder, run);
  try {
    return fetched(await bare.fetch(pinned ?? ref, signal));
  } catch (error) {
    if (!(error instanceof WrongInput)) {
      throw error;
    }
    if (pinned !== undefined) {
      const held = `${lock?.file} holds it to ${pinned}`;
      throw new WrongInput([{ message: `the action ${name} could not be fetched, and ${held}: ${error.message}` }]);
    }
    const last = unreachable(error.message) ? await bare.lastKnown(ref) : undefined;
    if (last === undefined) {
      const short = /^[0-9a-f]{7,39}$/.test(ref) ? '; a shortened commit is not enough, all 40 digits are' : '';
      throw new WrongInput([{ message: `the action ${name} could not be fetched: ${error.message}${short}` }]);
    }
    warn(`the action ${name} could not be asked for (${error.message}): its last known commit ${last} is used`);
    return fetched(last);
  }
}

/** A server that answers "no such ref" is believed; one that cannot be reached is not an answer. */
function unreachable(words: string): boolean {
  return !/couldn't find remote ref|not our ref|repository .*not found|does not exist|answered with/i.test(words);
}

function addressOf(repository: string, mirror: string | undefined): string {
  const inMirror = mirror === undefined ? [] : [join(mirror, repository), join(mirror, `${repository}.git`)];
  return inMirror.find((path) => existsSync(path)) ?? `https://github.com/${repository}`;
}

function checkReference(repository: string, ref: string): void {
  const part = /^[A-Za-z0-9_][\w.-]*$/;
  const [owner = '', repo = '', ...more] = repository.split('/');
  if (more.length > 0 || !part.test(owner) || !part.test(repo)) {
    throw new WrongInput([{ message: `"${repository}" is no repository of an action; allowed: owner/repo` }]);
  }
  if (ref === '' || ref.startsWith('-') || /[\s\0:*?[\\^~]|\.\.|@\{/.test(ref)) {
    throw new WrongInput([{ message: `"${ref}" is no branch, tag or commit of ${repository}` }]);
  }
}
