import { evaluateCondition } from '../../expression/evaluate.ts';
import type { AroundWork } from '../../model/workflow.ts';
import { stepStatus } from '../contexts.ts';
import { type End, endOfError, succeeded } from '../ending.ts';
import { type CommandRun, type StepAttempt, worse } from '../guest-command.ts';
import type { JobScene } from '../scene.ts';
import { noWords } from '../step-files.ts';
import type { BegunAction } from './around.ts';
import { stateVariables } from './note-end.ts';
import { runNode } from './run-javascript.ts';

/** Runs the ends of the actions that a step began, the last one first. One that fails does not keep others from theirs. */
export async function runPosts(scene: JobScene, at: StepAttempt, work: AroundWork): Promise<CommandRun> {
  let end: End = succeeded;
  for (const begun of [...(scene.begunActions.get(work.of) ?? [])].reverse()) {
    if (!holds(scene, at, begun)) {
      continue;
    }
    try {
      const { action, runs, frame, state } = begun;
      const run = await runNode({ scene, at, frame }, action, runs, runs.post, stateVariables(state));
      end = worse(end, run.end);
      if (run.lost) {
        return { end, words: noWords, lost: true };
      }
    } catch (error) {
      end = worse(end, endOfError(error, at.stop.why));
    }
  }
  return { end, words: noWords, lost: false };
}

/** `post-if` is about the job as it stands; left out, it always holds. */
function holds(scene: JobScene, { step }: StepAttempt, { runs, frame }: BegunAction): boolean {
  return runs.postIf === undefined
    ? true
    : evaluateCondition(runs.postIf, { contexts: frame.contexts(), status: stepStatus(scene, step) });
}
