import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { attempt } from '../host/attempt.ts';
import { WrongInput } from '../host/fault.ts';
import type { Problem } from '../model/problem.ts';
import { repositoryTop } from '../provider/local/git.ts';

/**
 * Absolute paths of the pipeline files that the arguments name, each once: files as they are, of a folder its `.yaml`
 * and `.yml` files by name (where it has `pipelines/` or `.github/workflows/`: those in there). No argument: the
 * repository one stands in. Throws a `WrongInput` for what is not there and when nothing is found.
 */
export async function findPipelines(paths: readonly string[]): Promise<readonly string[]> {
  if (paths.length === 0) {
    const top = (await repositoryTop(process.cwd())) ?? process.cwd();
    const found = await pipelinesIn(top);
    const places = placesOf(top).join(' or ');
    return found.length > 0 ? found : fail([{ message: `no pipelines in ${places}` }]);
  }
  const problems: Problem[] = [];
  const files = new Set<string>();
  for (const path of paths) {
    const found = await filesOf(resolve(path));
    if (found.length === 0) {
      problems.push({ message: `${path}: no such file, and no folder with pipelines (.yaml, .yml)` });
    }
    for (const file of found) {
      files.add(file);
    }
  }
  return problems.length > 0 ? fail(problems) : [...files];
}

async function filesOf(path: string): Promise<readonly string[]> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') {
      return undefined;
    }
    return fail([{ message: `${path}: ${error.message}` }]);
  });
  if (found === undefined || found.isFile()) {
    return found === undefined ? [] : [path];
  }
  if (!found.isDirectory()) {
    fail([{ message: `${path}: neither a file nor a folder` }]);
  }
  const pipelines = await pipelinesIn(path);
  return pipelines.length > 0 ? pipelines : await yamlIn(path);
}

async function pipelinesIn(top: string): Promise<readonly string[]> {
  const found = await Promise.all(placesOf(top).map(yamlIn));
  return found.flat();
}

/** Where a repository keeps them. */
function placesOf(top: string): readonly string[] {
  return [join(top, 'pipelines'), join(top, '.github', 'workflows')];
}

async function yamlIn(folder: string): Promise<readonly string[]> {
  return await attempt(`look for pipelines in ${folder}`, async () => {
    const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') {
        return [];
      }
      throw error;
    });
    const names = entries
      .filter((entry) => !entry.isDirectory() && /\.ya?ml$/.test(entry.name))
      .map(({ name }) => name);
    return names.sort().map((name) => join(folder, name));
  });
}

function fail(problems: readonly Problem[]): never {
  throw new WrongInput(problems);
}
