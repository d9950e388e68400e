import { WrongInput } from '../../../host/fault.ts';
import { makeFolderIn } from '../../../image/placing.ts';
import { submoduleUrl, withoutUser } from '../address.ts';
import { askGit, gitIn } from '../git.ts';
import { makeRepository } from './repository.ts';

/** A repository inside another one, as the outer one names it. */
export interface Submodule {
  readonly name: string;
  readonly path: string;
  readonly commit: string;
  /** As `.gitmodules` writes it. */
  readonly url: string | undefined;
}

/** How submodules are fetched. */
export interface SubmodulePlan {
  /** Where the outer repository came from: relative addresses start there. */
  readonly parent: string;
  /** Those inside submodules too. */
  readonly deep: boolean;
  /** Commits of history. */
  readonly depth: number;
}

/** The submodules of the repository `top`, by its index and the `.gitmodules` in it. */
export async function submodulesOf(top: string): Promise<readonly Submodule[]> {
  const git = gitIn(top);
  const listed = await git.raw(['ls-files', '--stage', '-z']);
  const links = [...listed.matchAll(/160000 ([0-9a-f]+) \d\t([^\0]+)\0/g)];
  if (links.length === 0) {
    return [];
  }
  const told = (await askGit(git, 'config', '-z', '--blob', ':.gitmodules', '--list')) ?? '';
  const settings = [...told.matchAll(/(?<=^|\0)submodule\.([^\0]*)\.(path|url)\n([^\0]*)\0/g)];
  const settingOf = (name: string, key: string) => settings.find(([, of, which]) => of === name && which === key)?.[3];
  return links.map(([, commit = '', path = '']) => {
    const name = settings.find(([, , which, value]) => which === 'path' && value === path)?.[1] ?? path;
    return { name, path, commit, url: settingOf(name, 'url') };
  });
}

/** Fetches the submodules of a clone into their folders, each with a repository of its own. */
export async function addSubmodules(folder: string, plan: SubmodulePlan, signal: AbortSignal): Promise<void> {
  for (const submodule of await submodulesOf(folder)) {
    const inner = await makeFolderIn(folder, submodule.path);
    await cloneSubmodule(inner, submodule, plan, signal);
    const key = `submodule.${submodule.name}`;
    await gitIn(folder, signal).raw(['config', `${key}.url`, withoutUser(addressOf(submodule, plan))]);
    await gitIn(folder, signal).raw(['config', `${key}.active`, 'true']);
  }
}

/** Fetches one submodule, and those inside it where they are asked for, into an empty folder. */
export async function cloneSubmodule(
  folder: string,
  submodule: Submodule,
  plan: SubmodulePlan,
  signal: AbortSignal,
): Promise<void> {
  const url = addressOf(submodule, plan);
  const { commit } = submodule;
  const of = { url, origin: url, wanted: { fetch: commit }, depth: plan.depth, tags: false, files: true };
  await makeRepository(folder, of, signal);
  if (plan.deep) {
    await addSubmodules(folder, { ...plan, parent: url }, signal);
  }
}

function addressOf({ path, url }: Submodule, { parent }: SubmodulePlan): string {
  const found = url === undefined ? undefined : submoduleUrl(url, parent);
  if (found === undefined) {
    const named = url === undefined ? 'no address' : `the address "${withoutUser(url)}"`;
    const message = `the submodule ${path} of ${withoutUser(parent)} has ${named} in .gitmodules; allowed: https://, ssh://, git://, user@host:path, or one relative to such an address`;
    throw new WrongInput([{ message }]);
  }
  return found;
}
