import type { Frame, Piece } from '../frame.ts';
import type { JobScene } from '../scene.ts';
import type { BegunAction } from './around.ts';
import type { ScriptedRuns } from './run-scripted.ts';

/** Notes, once, that an action which a step uses was begun and has an end to be run. */
export function noteEnd(
  { begunActions }: JobScene,
  step: string,
  { runs, ...begun }: Omit<BegunAction, 'runs'> & { readonly runs: ScriptedRuns },
): void {
  const { post } = runs;
  const known = begunActions.get(step) ?? [];
  if (post !== undefined && !known.some(({ state }) => state === begun.state)) {
    begunActions.set(step, [...known, { ...begun, runs: { ...runs, post } }]);
  }
}

/** Names an action where it is used: its scripts share what they keep under it. */
export function keyOf({ trail }: Pick<Frame, 'trail'>, { id }: Pick<Piece, 'id'>): string {
  return `${trail}/${id}`;
}

/** What the scripts of one use of an action keep for those after them, by name. */
export function stateOf({ states }: JobScene, key: string): Map<string, string> {
  const state = states.get(key) ?? new Map<string, string>();
  states.set(key, state);
  return state;
}

/** Takes what a script kept. */
export function keepState(state: Map<string, string>, kept: readonly (readonly [string, string])[]): void {
  for (const [name, value] of kept) {
    state.set(name, value);
  }
}

/** What an action kept for its later scripts, as the variables these find it in. */
export function stateVariables(state: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries([...state].map(([name, value]) => [`STATE_${name}`, value]));
}
