import { WrongInput } from '../../host/fault.ts';
import type { FetchAction } from '../../model/action.ts';
import type { PlannedJob } from '../../model/plan.ts';
import type { Problem } from '../../model/problem.ts';
import { isBuiltIn } from '../../plan/actions.ts';

/**
 * Brings the actions that a job's steps name to this machine, all at once. Rejects with a `WrongInput` for all that
 * cannot be had, with the places that name them. Actions that these use in turn are fetched when they are reached.
 */
export async function fetchActions(job: PlannedJob, fetch: FetchAction, signal: AbortSignal): Promise<void> {
  const problems: Problem[] = [];
  await Promise.all(
    job.steps.map(async ({ work }) => {
      if (work.kind !== 'action' || work.reference.kind !== 'repository' || isBuiltIn(work)) {
        return;
      }
      try {
        await fetch(work.reference.repository, work.reference.ref, signal);
      } catch (error) {
        if (!(error instanceof WrongInput)) {
          throw error;
        }
        problems.push(...error.problems.map(({ message }) => ({ message, place: work.uses.place })));
      }
    }),
  );
  if (problems.length > 0) {
    throw new WrongInput(problems);
  }
}
