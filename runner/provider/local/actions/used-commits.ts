import { readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { HostFault, WrongInput } from '../../../host/fault.ts';
import { isSystemError } from '../../../host/in-place.ts';
import type { ActionDefinition, FetchAction } from '../../../model/action.ts';
import type { Problem } from '../../../model/problem.ts';
import type { ActionReference, Job, Step, Workflow } from '../../../model/workflow.ts';
import { everyJobCalled } from '../../../plan/every-job.ts';
import type { ActionTree } from '../../../run/action/action-tree.ts';
import { fetchActions } from '../../../run/action/fetch-actions.ts';
import { readAction } from '../../../workflow/github/read-action.ts';
import { CalledWorkflows } from '../called-workflows.ts';
import { lockName } from './lock-file.ts';

/**
 * The commits of all actions that workflows of the repository `top` use, and of workflows that they call, by
 * `owner/repo@ref` as it is written first: also those inside other actions, called workflows, and actions of the working
 * tree. Rejects with a `WrongInput` for all that cannot be had.
 */
export async function usedCommits(
  workflows: readonly Workflow[],
  top: string,
  fetch: FetchAction,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  return await new Collecting(top, fetch, signal).from(workflows);
}

class Collecting {
  readonly #top: string;
  readonly #fetch: FetchAction;
  readonly #signal: AbortSignal;
  readonly #commits = new Map<string, string>();
  readonly #written = new Map<string, string>();
  /** Paths of actions of the working tree that were looked at. */
  readonly #seen = new Set<string>();

  constructor(top: string, fetch: FetchAction, signal: AbortSignal) {
    this.#top = top;
    this.#signal = signal;
    this.#fetch = async (repository, ref, stop) => {
      const fetched = await fetch(repository, ref, stop);
      const name = this.#written.get(lockName(repository, ref)) ?? `${repository}@${ref}`;
      this.#written.set(lockName(repository, ref), name);
      this.#commits.set(name, fetched.commit);
      return fetched;
    };
  }

  async from(workflows: readonly Workflow[]): Promise<ReadonlyMap<string, string>> {
    const problems: Problem[] = [];
    for (let next = await this.#steps(workflows, problems); next.length > 0; ) {
      // Each step counts: several files have steps of the same id.
      const numbered = next.map((step, at) => ({ ...step, id: `${at}` }));
      const trees = await fetchActions(numbered, { fetch: this.#fetch, doneHere: () => false }, this.#signal).catch(
        (error: unknown) => {
          problems.push(...problemsOf(error));
          return new Map<string, ActionTree>();
        },
      );
      const inside = [...trees.values()].flatMap(stepsInside);
      next = (await Promise.all([...next, ...inside].map((step) => this.#local(step, problems)))).flat();
    }
    if (problems.length > 0) {
      throw new WrongInput(problems);
    }
    return this.#commits;
  }

  /** The steps of workflows, and of those that they call. */
  async #steps(workflows: readonly Workflow[], problems: Problem[]): Promise<readonly Step[]> {
    const called = new CalledWorkflows(this.#fetch);
    const jobs: Job[] = [];
    for (const workflow of workflows) {
      const linked = await called.link({ workflow, problems: [] });
      problems.push(...linked.problems);
      jobs.push(...(linked.workflow ?? workflow).jobs);
    }
    return [...everyJobCalled(jobs)].flatMap(({ steps }) => steps);
  }

  /** The steps of an action of the working tree, looked at once. */
  async #local({ work }: Step, problems: Problem[]): Promise<readonly Step[]> {
    const path = work.kind === 'action' && isOwn(work.reference) ? posix.join('/', work.reference.path) : undefined;
    if (path === undefined || this.#seen.has(path)) {
      return [];
    }
    this.#seen.add(path);
    const definition = await localDefinition(this.#top, path, problems);
    return definition?.runs.kind === 'composite' ? definition.runs.steps : [];
  }
}

function stepsInside({ definition, uses }: ActionTree): readonly Step[] {
  const own = definition.runs.kind === 'composite' ? definition.runs.steps : [];
  return [...own, ...[...uses.values()].flatMap(stepsInside)];
}

/** Whether an action is of the working tree, whichever way it is written. */
function isOwn(
  reference: ActionReference,
): reference is Extract<ActionReference, { readonly path: string; readonly kind: 'local' | 'self' }> {
  return reference.kind === 'local' || reference.kind === 'self';
}

/** `undefined` for one that is not there: a step may make it, or check it out. */
async function localDefinition(top: string, path: string, problems: Problem[]): Promise<ActionDefinition | undefined> {
  for (const name of ['action.yml', 'action.yaml']) {
    const file = join(top, path, name);
    const text = await readFile(file, 'utf8').catch((error: unknown) => {
      if (isSystemError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) {
        return undefined;
      }
      throw new HostFault(`read ${file}`, error);
    });
    if (text !== undefined) {
      const { action, problems: found } = readAction(text, file);
      problems.push(...found);
      return action;
    }
  }
  return undefined;
}

function problemsOf(error: unknown): readonly Problem[] {
  if (error instanceof WrongInput) {
    return error.problems;
  }
  throw error;
}
