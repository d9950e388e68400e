import { posix } from 'node:path';
import { WrongInput } from '../../host/fault.ts';
import type { ActionDefinition, FetchedAction } from '../../model/action.ts';
import type { ActionReference } from '../../model/workflow.ts';
import { type Commit, commitAtHand, ofRepository } from '../../plan/self-reference.ts';
import { readAction } from '../../workflow/github/read-action.ts';
import { moveTo } from '../container/move.ts';
import { StepFailure } from '../ending.ts';
import type { StepAttempt } from '../guest-command.ts';
import { guestText } from '../guest-text.ts';
import { insideOf } from '../inside.ts';
import type { JobScene } from '../scene.ts';

/** An action whose files are in the machine. */
export interface OpenedAction {
  readonly definition: ActionDefinition;
  /** Where its `action.yml` is, absolute. */
  readonly folder: string;
  /** As it was referred to; `owner/repo` and the ref only for one of a repository. */
  readonly name: string;
  readonly repository?: string;
  readonly ref?: string;
}

const manifests = ['action.yml', 'action.yaml'] as const;

/** Brings an action's files into the machine and reads its manifest. Throws a `StepFailure` or a `WrongInput`. */
export async function openAction(scene: JobScene, at: StepAttempt, reference: ActionReference): Promise<OpenedAction> {
  switch (reference.kind) {
    case 'local':
      return await openLocal(scene, at, reference.path);
    case 'repository':
      return await openFetched(scene, at, reference);
    case 'self':
      throw new Error(`an action of the file's own repository, of which nobody said which that is: ${reference.path}`);
    case 'image':
      return imageAction(reference.image);
  }
}

/** An image is an action that says nothing of itself. */
function imageAction(image: string): OpenedAction {
  const runs = { kind: 'docker', image, args: [], env: new Map() } as const;
  return { definition: { name: image, inputs: new Map(), runs }, folder: '', name: `docker://${image}` };
}

async function openFetched(
  scene: JobScene,
  at: StepAttempt,
  { repository, ref, path }: Extract<ActionReference, { kind: 'repository' }>,
): Promise<OpenedAction> {
  const name = `${repository}${path === '' ? '' : `/${path}`}@${ref}`;
  const fetched = await scene.run.services.actions(repository, ref, at.stop.signal);
  const definition = await fetchedDefinition(fetched, path, name);
  const top = posix.join(insideOf(scene).actions, repository, ref);
  // What runs in a container of its own brings its files in its image.
  if (definition.runs.kind !== 'docker') {
    await moveTo(scene, at, { role: 'steps' });
    await bring(scene, at, fetched, top);
  }
  return { definition, folder: posix.join(top, path), name, repository, ref };
}

/** Steps beside each other may use one action: its files are not written again while it runs. */
async function bring({ actions, stop }: JobScene, { held }: StepAttempt, fetched: FetchedAction, top: string) {
  // Not by the step's own signal: one that is cancelled meanwhile must not take the files from another.
  const { signal } = stop.now;
  const bringing = actions.get(top) ?? held.vm.copyIn(fetched.tar(signal), top, signal);
  actions.set(top, bringing);
  try {
    await bringing;
  } catch (error) {
    actions.delete(top);
    throw error;
  }
}

/** The manifest of an action that was fetched. Throws a `StepFailure` where it has none, a `WrongInput` for a wrong one. */
export async function fetchedDefinition(fetched: FetchedAction, path: string, name: string): Promise<ActionDefinition> {
  for (const file of manifests) {
    const text = await fetched.read(posix.join(path, file));
    if (text !== undefined) {
      return withOwn(definitionOf(text, `${name}/${file}`), fetched);
    }
  }
  if ((await fetched.read(posix.join(path, 'Dockerfile'))) !== undefined) {
    throw new StepFailure('not-started', `${name} is built from its Dockerfile, and images cannot be built yet`);
  }
  throw new StepFailure('not-started', `${name} has no ${manifests.join(' or ')}`);
}

async function openLocal({ run }: JobScene, at: StepAttempt, path: string): Promise<OpenedAction> {
  const { workspace } = at.held.use.inside;
  const folder = posix.join(workspace, path);
  if (folder !== workspace && !folder.startsWith(`${workspace}/`)) {
    throw new StepFailure('not-started', `the action ${path} leads out of the workspace`);
  }
  for (const file of manifests) {
    const text = await guestText(at.held.vm, posix.join(folder, file), at.stop.signal);
    if (text !== undefined) {
      const own = definitionOf(text, posix.join(path, file));
      return { definition: withOwn(own, commitAtHand(run.plan.contexts.github)), folder, name: path };
    }
  }
  const hint = 'is the repository checked out, as actions/checkout does it?';
  throw new StepFailure('not-started', `there is no ${manifests.join(' or ')} in ${path} of the workspace: ${hint}`);
}

/** Actions that a composite one uses of its own repository are at its own commit. */
function withOwn(definition: ActionDefinition, { repository, ref }: Commit): ActionDefinition {
  const { runs } = definition;
  if (runs.kind !== 'composite') {
    return definition;
  }
  const steps = runs.steps.map((step) => ({ ...step, work: ofRepository(step.work, { repository, ref }) }));
  return { ...definition, runs: { ...runs, steps } };
}

function definitionOf(text: string, file: string): ActionDefinition {
  const { action, problems } = readAction(text, file);
  if (action === undefined) {
    throw new WrongInput(problems);
  }
  return action;
}
