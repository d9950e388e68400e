import { ExpressionError } from '../expression/error.ts';
import { NeedsFiles } from '../expression/scope.ts';
import type { PlannedStep } from '../model/plan.ts';
import type { StepWork } from '../model/workflow.ts';
import { hasPre } from './action/action-tree.ts';
import { stepHolds } from './condition.ts';
import { stepStatus } from './contexts.ts';
import type { End } from './ending.ts';
import type { JobScene } from './scene.ts';
import { isAround } from './work.ts';

/** What becomes of a step whose needs have ended: it runs, or it has ended without running. */
export type StepChoice = { readonly run: true } | { readonly run: false; readonly end: End; readonly error?: unknown };

/** Decides, at once, whether a step runs as things stand. One that asks for files has to begin for that. */
export function chooseStep(scene: JobScene, step: PlannedStep): StepChoice {
  const { asked, now } = scene.stop;
  if (comesToNothing(scene, step.work)) {
    return { run: false, end: { outcome: 'skipped', reason: 'condition' } };
  }
  if (now.why !== undefined) {
    return { run: false, end: { outcome: 'cancelled', reason: now.why.reason } };
  }
  try {
    if (stepHolds(scene, step)) {
      return { run: true };
    }
  } catch (error) {
    if (error instanceof NeedsFiles) {
      // Decided by the step itself, once it has a machine.
      return { run: true };
    }
    if (!(error instanceof ExpressionError)) {
      throw error;
    }
    return { run: false, end: { outcome: 'failure', reason: 'expression', detail: error.message }, error };
  }
  if (asked.why !== undefined) {
    return { run: false, end: { outcome: 'cancelled', reason: asked.why.reason } };
  }
  const byNeeds = step.condition === undefined || !stepStatus(scene, step).success;
  return { run: false, end: { outcome: 'skipped', reason: byNeeds ? 'needs' : 'condition' } };
}

/** What was put around the steps for actions that turned out to have nothing to do there. */
function comesToNothing({ begunActions, trees }: JobScene, work: StepWork): boolean {
  if (!isAround(work)) {
    return false;
  }
  const tree = trees.get(work.of);
  return work.kind === 'pre' ? tree === undefined || !hasPre(tree) : !begunActions.has(work.of);
}

/** The steps that may be looked at now: not begun, their needs ended; with `oneAtATime` the first of the file's rest. */
export function readySteps(
  { job, ended }: JobScene,
  begun: ReadonlySet<string>,
  oneAtATime: boolean,
): readonly PlannedStep[] {
  const rest = job.steps.filter((step) => !begun.has(step.id));
  if (oneAtATime) {
    return [...begun].every((id) => ended.has(id)) ? rest.slice(0, 1) : [];
  }
  return rest.filter((step) => step.needs.every((need) => ended.has(need)));
}
