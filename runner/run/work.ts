import type { Place } from '../model/problem.ts';
import type { AroundWork, ControlWork, StepWork } from '../model/workflow.ts';

/** Whether a step was put around those of the file for an action's sake. */
export function isAround(work: StepWork): work is AroundWork {
  return work.kind === 'pre' || work.kind === 'post';
}

/** Whether a step does nothing but wait for others, or end them. */
export function isControl(work: StepWork): work is ControlWork {
  return work.kind === 'wait' || work.kind === 'cancel';
}

/** Where a step's work stands in its file. */
export function workPlace(work: StepWork): Place {
  return work.kind === 'script' ? work.script.place : 'uses' in work ? work.uses.place : work.place;
}
