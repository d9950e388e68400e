import { WrongInput } from '../../host/fault.ts';
import type { FetchAction, JavaScriptRuns } from '../../model/action.ts';
import type { PlannedJob } from '../../model/plan.ts';
import type { Problem } from '../../model/problem.ts';
import { isBuiltIn } from '../../plan/actions.ts';
import { StepFailure } from '../ending.ts';
import { fetchedDefinition } from './action-folder.ts';

/**
 * Brings the actions that a job's steps name to this machine, all at once; those that have a `pre` script, by the id of
 * the step. Rejects with a `WrongInput` for all that cannot be had, with the places that name them. Actions that these
 * use in turn are fetched when they are reached.
 */
export async function fetchActions(
  job: PlannedJob,
  fetch: FetchAction,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, JavaScriptRuns>> {
  const problems: Problem[] = [];
  const found = new Map<string, JavaScriptRuns>();
  await Promise.all(
    job.steps.map(async ({ id, work }) => {
      if (work.kind !== 'action' || work.reference.kind !== 'repository' || isBuiltIn(work)) {
        return;
      }
      try {
        const { repository, ref, path } = work.reference;
        const { runs } = await fetchedDefinition(await fetch(repository, ref, signal), path, work.uses.text);
        if (runs.kind === 'javascript' && runs.pre !== undefined) {
          found.set(id, runs);
        }
      } catch (error) {
        problems.push(...problemsIn(error).map((message) => ({ message, place: work.uses.place })));
      }
    }),
  );
  if (problems.length > 0) {
    throw new WrongInput(problems);
  }
  return found;
}

/** What is wrong with an action, in sentences; anything else is thrown on. */
function problemsIn(error: unknown): string[] {
  if (error instanceof WrongInput) {
    return error.problems.map(({ message, place }) =>
      place === undefined ? message : `${place.file}:${place.line}:${place.column}: ${message}`,
    );
  }
  if (error instanceof StepFailure) {
    return [error.message];
  }
  throw error;
}
