import type { PlannedStep } from '../../model/plan.ts';
import type { Problem } from '../../model/problem.ts';
import type { JobScene } from '../scene.ts';
import { isAround, workPlace } from '../work.ts';

/** What a step, or a part of it, runs in: a machine as all steps of the job have, or one of an action's image. */
export type MachineKind = { readonly role: 'steps' } | { readonly role: 'action'; readonly image: string };

/** What a step begins in, as far as it is known before it runs: its action may turn out to take another machine. */
export function machineKind(scene: Pick<JobScene, 'job' | 'trees'>, step: PlannedStep): MachineKind {
  const { work } = step;
  if (isAround(work)) {
    const of = scene.job.steps.find(({ id }) => id === work.of);
    return of === undefined ? { role: 'steps' } : machineKind(scene, of);
  }
  if (work.kind !== 'action') {
    return { role: 'steps' };
  }
  if (work.reference.kind === 'image') {
    return { role: 'action', image: `docker://${work.reference.image}` };
  }
  const runs = scene.trees.get(step.id)?.definition.runs;
  return runs?.kind === 'docker' ? { role: 'action', image: `docker://${runs.image}` } : { role: 'steps' };
}

/** Steps that cannot have a machine of an image: they share one with others that run beside them. */
export function sharedContainers(scene: Pick<JobScene, 'job' | 'trees' | 'graph'>): Problem[] {
  return scene.job.steps
    .filter((step) => scene.graph.companions(step.id).length > 0 && machineKind(scene, step).role === 'action')
    .map(({ id, work }) => {
      const message = `step "${id}" takes a machine of its own image, and cannot run beside steps in the background`;
      return { message, place: workPlace(work) };
    });
}
