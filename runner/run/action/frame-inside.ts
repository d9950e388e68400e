import type { Conclusion } from '../../model/event.ts';
import type { Json } from '../../model/workflow.ts';
import type { Frame } from '../frame.ts';
import type { ActionUse, ReadyAction } from './run-action.ts';

/** Contexts an action does not see: what it needs of them it is given as inputs. */
export const hiddenInActions = ['secrets', 'vars', 'needs'];

/** What the steps of a composite action have come to so far. */
export interface InsideState {
  /** The `steps` context. */
  readonly steps: { readonly [id: string]: Json };
  readonly outcome: Conclusion;
}

/** The frame of what is inside a composite action; `state` is asked again and again. */
export function frameInside({ frame, piece }: ActionUse, action: ReadyAction, state: () => InsideState): Frame {
  return {
    contexts: () => contextsInside(frame, action, state()),
    status: () => statusInside(frame, state()),
    // What the using step says wins over what is exported meanwhile.
    env: { ...frame.env, ...only(action.env, piece.env.keys()) },
    variables: { ...frame.variables, GITHUB_ACTION_PATH: action.folder },
    progress: frame.progress,
    trail: `${frame.trail}/${piece.id}`,
    depth: frame.depth + 1,
  };
}

/** `success()` and `failure()` are about the action's own steps, `cancelled()` about the job. */
function statusInside(frame: Frame, { outcome }: InsideState): ReturnType<Frame['status']> {
  const { cancelled } = frame.status();
  const failure = outcome === 'failure';
  return { success: !failure && !cancelled, failure: failure && !cancelled, cancelled };
}

function contextsInside(
  frame: Frame,
  { inputs, folder, repository, ref }: ReadyAction,
  { steps, outcome }: InsideState,
): { [name: string]: Json } {
  const outer = frame.contexts();
  const seen = Object.fromEntries(Object.entries(outer).filter(([name]) => !hiddenInActions.includes(name)));
  const github = {
    ...(outer.github as { readonly [key: string]: Json } | undefined),
    action_path: folder,
    action_repository: repository ?? null,
    action_ref: ref ?? null,
    action_status: outcome,
  };
  return { ...seen, github, inputs: Object.fromEntries(inputs), steps };
}

function only(values: Readonly<Record<string, string>>, names: Iterable<string>): Record<string, string> {
  return Object.fromEntries([...names].map((name) => [name, values[name] ?? '']));
}
