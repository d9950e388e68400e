import type { JavaScriptRuns } from '../../model/action.ts';
import type { JobScene } from '../scene.ts';
import type { BegunAction } from './around.ts';

/** Notes, once, that an action which a step uses was begun and has an end to be run. */
export function noteEnd(
  { begunActions }: JobScene,
  step: string,
  { runs, ...begun }: Omit<BegunAction, 'runs'> & { readonly runs: JavaScriptRuns },
): void {
  const { post } = runs;
  const known = begunActions.get(step) ?? [];
  if (post !== undefined && !known.some(({ state }) => state === begun.state)) {
    begunActions.set(step, [...known, { ...begun, runs: { ...runs, post } }]);
  }
}

/** What an action kept for its later scripts, as the variables these find it in. */
export function stateVariables(state: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries([...state].map(([name, value]) => [`STATE_${name}`, value]));
}
