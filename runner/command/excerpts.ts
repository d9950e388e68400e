import { lstat, readFile } from 'node:fs/promises';
import { isAbsolute, join, posix } from 'node:path';
import type { Plan } from '../model/plan.ts';
import type { Place } from '../model/problem.ts';
import { gitIn } from '../provider/local/git.ts';
import { renderProblem } from '../workflow/problem-text.ts';
import type { Excerpt } from './render/screen.ts';

/** Bytes: no source a person wrote is larger. */
const largestFile = 1024 * 1024;

/** Files that are looked for, of one run: a guest may name as many as it likes. */
const mostFiles = 1000;

/**
 * The line that a problem is about and a caret below it, where the file is at hand. What a step names is looked for in the
 * repository alone, and only among the files that a checkout brings: anything else would show a guest's reader what the
 * guest itself cannot see.
 */
export function excerpts(plans: readonly Plan[]): Excerpt {
  let sources: Sources | undefined;
  return async (event) => {
    if (event.type === 'run-start') {
      sources = new Sources(plans.find(({ file }) => file === event.file));
    }
    const { place } = event.type === 'problem' ? event.problem : {};
    const ofStep = 'step' in event && event.step !== undefined;
    const text = place === undefined ? undefined : await sources?.textOf(place, ofStep);
    return place === undefined || text === undefined
      ? []
      : renderProblem({ message: '', place }, text).split('\n').slice(1);
  };
}

class Sources {
  readonly #plan: Plan | undefined;
  readonly #texts = new Map<string, Promise<string | undefined>>();

  constructor(plan: Plan | undefined) {
    this.#plan = plan;
  }

  async textOf({ file }: Place, ofStep: boolean): Promise<string | undefined> {
    const key = `${ofStep} ${file}`;
    const known = this.#texts.get(key) ?? (ofStep ? this.#ofStep(file) : own(file));
    if (this.#texts.size < mostFiles) {
      this.#texts.set(key, known);
    }
    return await known;
  }

  async #ofStep(file: string): Promise<string | undefined> {
    const top = this.#plan?.repository;
    const path = inWorkspace(file);
    if (top === undefined || path === undefined || this.#texts.size >= mostFiles) {
      return undefined;
    }
    const listed = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', `:(literal,top)${path}`];
    const found = await gitIn(top)
      .raw(listed)
      .catch(() => '');
    return found === `${path}\0` ? await textIfFile(join(top, path)) : undefined;
  }
}

/** LightV's own places are absolute; those in actions and other repositories' workflows are not. */
async function own(file: string): Promise<string | undefined> {
  return isAbsolute(file) ? await textIfFile(file) : undefined;
}

/** Where machines have the workspace, by the language of the file and what the job runs in. */
const workspaces = /^\/(?:workspace|home\/runner\/work\/([^/]+)\/\1|__w\/([^/]+)\/\2|github\/workspace)\//;

function inWorkspace(file: string): string | undefined {
  const path = posix.normalize(file.replace(workspaces, ''));
  return path.startsWith('/') || path === '..' || path.startsWith('../') ? undefined : path;
}

/** The line is only a help: a file that cannot be read has none. */
async function textIfFile(path: string): Promise<string | undefined> {
  try {
    const found = await lstat(path);
    return found.isFile() && found.size <= largestFile ? await readFile(path, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}
