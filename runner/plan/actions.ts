import type { PlanBounds } from '../model/plan.ts';
import type { Problem } from '../model/problem.ts';
import type { ActionReference, StepWork } from '../model/workflow.ts';

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

/** What is wrong with an action that is an image, and with one that GitHub refuses to run. */
export function actionProblems(work: StepWork, { whyNoImage }: Pick<PlanBounds, 'whyNoImage'>): Problem[] {
  if (work.kind !== 'action') {
    return [];
  }
  const { reference, uses } = work;
  const message = reference.kind === 'image' ? whyNoImage?.(`docker://${reference.image}`) : retired(reference);
  return message === undefined ? [] : [{ message, place: uses.place }];
}

/**
 * The first versions of the artifact actions speak to a service that is gone
 * (https://github.blog/changelog/2024-04-16-deprecation-notice-v3-of-the-artifact-actions/).
 */
function retired(reference: ActionReference): string | undefined {
  const name = reference.kind === 'repository' ? reference.repository.toLowerCase() : '';
  const old =
    reference.kind === 'repository' &&
    ['actions/upload-artifact', 'actions/download-artifact'].includes(name) &&
    /^v[1-3](?:\.|$)/.test(reference.ref);
  return old ? `${name} before v4 speaks to a service that GitHub has shut down; use v4 or later` : undefined;
}
