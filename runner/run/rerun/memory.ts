import type { Json } from '../../model/workflow.ts';
import type { BegunAction } from '../action/around.ts';
import { hiddenInActions } from '../action/frame-inside.ts';
import { keepState, keyOf, stateOf } from '../action/note-end.ts';
import { stepContexts, stepStatus } from '../contexts.ts';
import type { JobScene } from '../scene.ts';
import type { KeptAction, KeptMemory } from './kept.ts';

/** Keys of `github` that an action has of its own. */
const ofAction = ['action_path', 'action_repository', 'action_ref', 'action_status'];

/** What a job remembers right now; `undefined` where that is nothing. */
export function memoryOf({ begunActions, states, matchers }: JobScene): KeptMemory | undefined {
  const found = matchers.definitions;
  if (begunActions.size === 0 && states.size === 0 && found.length === 0) {
    return undefined;
  }
  return {
    begun: new Map([...begunActions].map(([step, actions]) => [step, actions.map(asData)])),
    states: new Map([...states].map(([key, state]) => [key, new Map(state)])),
    matchers: found,
  };
}

/** Makes a job remember what an earlier one did. */
export function remember(scene: JobScene, { begun, states, matchers }: KeptMemory): void {
  for (const [key, state] of states) {
    keepState(stateOf(scene, key), [...state]);
  }
  for (const [step, actions] of begun) {
    scene.begunActions.set(
      step,
      actions.map((action) => begunAgain(scene, step, action)),
    );
  }
  scene.matchers.restore(matchers);
}

function asData({ action, runs, piece, frame }: BegunAction): KeptAction {
  const { env, variables, depth, trail, progress } = frame;
  const kept = { action, runs, piece, env, variables, depth, trail, paths: [...progress.paths] };
  return depth === 0 ? kept : { ...kept, inside: insideAction(frame.contexts()) };
}

/** Nothing but what the action around it adds: the rest is the job's own, its secrets among it. */
function insideAction({ inputs = {}, steps = {}, github }: { readonly [name: string]: Json }) {
  const given = Object.entries(asObject(github)).filter(([key]) => ofAction.includes(key));
  return { inputs, steps, github: Object.fromEntries(given) };
}

function begunAgain(scene: JobScene, id: string, kept: KeptAction): BegunAction {
  const step = scene.job.steps.find((each) => each.id === id);
  if (step === undefined) {
    throw new Error(`there is no step ${id} to remember an action of`);
  }
  const { action, runs, piece, env, variables, depth, trail, paths, inside } = kept;
  const outer = () => stepContexts(scene, step);
  const contexts = () => {
    const seen = outer();
    if (inside === undefined) {
      return seen;
    }
    const shown = Object.fromEntries(Object.entries(seen).filter(([name]) => !hiddenInActions.includes(name)));
    return { ...shown, ...inside, github: { ...asObject(seen.github), ...asObject(inside.github) } };
  };
  return {
    action,
    runs,
    piece,
    state: stateOf(scene, keyOf({ trail }, piece)),
    frame: {
      contexts,
      status: () => stepStatus(scene, step),
      env,
      variables,
      progress: { env: [], paths: [...paths], commands: 0 },
      trail,
      depth,
    },
  };
}

function asObject(value: Json | undefined): { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as { readonly [key: string]: Json })
    : {};
}
