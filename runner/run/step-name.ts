import type { PlannedStep } from '../model/plan.ts';
import { workTitle } from '../plan/work-title.ts';
import { stepContexts } from './contexts.ts';
import { displayName } from './display-name.ts';
import type { JobScene } from './scene.ts';

/** What a step is called where people read. */
export function stepName(scene: JobScene, step: PlannedStep): string {
  if (step.name !== undefined) {
    return displayName(step.name, stepContexts(scene, step));
  }
  return step.named ? step.id : workTitle(step.work) || step.id;
}
