import type { PlanBounds } from '../model/plan.ts';
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

/** What is wrong with an action that is an image. */
export function actionProblems(work: StepWork, { whyNoImage }: Pick<PlanBounds, 'whyNoImage'>): Problem[] {
  if (work.kind !== 'action' || work.reference.kind !== 'image') {
    return [];
  }
  const message = whyNoImage?.(`docker://${work.reference.image}`);
  return message === undefined ? [] : [{ message, place: work.uses.place }];
}
