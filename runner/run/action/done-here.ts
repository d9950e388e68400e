import type { StepWork } from '../../model/workflow.ts';
import { isBuiltIn } from '../../plan/actions.ts';
import type { RunScene } from '../scene.ts';

/** Whether LightV carries out an action itself instead of running it. */
export function isDoneHere({ services }: Pick<RunScene, 'services'>, work: StepWork): boolean {
  return !services.realCheckout && isBuiltIn(work);
}
