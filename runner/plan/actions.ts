import type { Problem } from '../model/problem.ts';
import type { StepWork } from '../model/workflow.ts';

/** Actions that LightV carries out itself; their code is not fetched. */
const builtIn = ['actions/checkout'];

/** Whether a step's action is one that LightV carries out itself. */
export function isBuiltIn(work: StepWork): boolean {
  return (
    work.kind === 'action' &&
    work.reference.kind === 'repository' &&
    work.reference.path === '' &&
    builtIn.includes(work.reference.repository.toLowerCase())
  );
}

/** What a step asks of actions that nothing runs yet. */
export function actionProblems(work: StepWork): Problem[] {
  if (work.kind !== 'action' || work.reference.kind !== 'image') {
    return [];
  }
  const message = `the action '${work.uses.text}' is an image, which cannot be run yet`;
  return [{ message, place: work.uses.place }];
}
