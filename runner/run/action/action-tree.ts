import type { ActionDefinition } from '../../model/action.ts';

/** How deep actions may use actions, the step's own being the first level: GitHub's bound. */
export const deepest = 10;

/** An action, with the actions its steps use as far as they were fetched: those of the workspace are not there yet. */
export interface ActionTree {
  readonly definition: ActionDefinition;
  /** By the ids of its steps. */
  readonly uses: ReadonlyMap<string, ActionTree>;
}

/** Whether it, or an action inside it, has a script to be run before the job's steps. */
export function hasPre({ definition, uses }: ActionTree): boolean {
  const { runs } = definition;
  return ('pre' in runs && runs.pre !== undefined) || [...uses.values()].some(hasPre);
}
