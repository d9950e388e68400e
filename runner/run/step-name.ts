import type { PlannedStep } from '../model/plan.ts';
import { workTitle } from '../plan/work-title.ts';
import { stepScope } from './condition.ts';
import { displayName } from './display-name.ts';
import type { JobScene } from './scene.ts';

/** What a step is called where people read. */
export function stepName(scene: JobScene, step: PlannedStep): string {
  const name = step.name === undefined ? '' : displayName(step.name, (text) => stepScope(scene, step, text));
  if (scene.run.plan.dialect !== 'github') {
    return name || (step.named ? step.id : workTitle(step.work) || step.id);
  }
  const [line = ''] = name.trimStart().split('\n');
  return line || `Run ${workTitle(step.work)}`.trim();
}
