import { evaluateCondition } from '../../expression/evaluate.ts';
import type { AroundWork } from '../../model/workflow.ts';
import { succeeded } from '../ending.ts';
import { outerFrame } from '../frame.ts';
import type { CommandRun, StepAttempt } from '../guest-command.ts';
import type { JobScene } from '../scene.ts';
import { noWords } from '../step-files.ts';
import { noteEnd } from './note-end.ts';
import { type ActionUse, readyAction } from './run-action.ts';
import { runNode } from './run-javascript.ts';

/** Runs the `pre` script of an action that a later step uses; `pre-if`, left out, always holds. */
export async function runPre(
  scene: JobScene,
  at: StepAttempt,
  work: AroundWork,
  runPiece: ActionUse['runPiece'],
): Promise<CommandRun> {
  const known = scene.preScripts.get(work.of);
  const step = scene.job.steps.find(({ id }) => id === work.of);
  if (known?.runs.pre === undefined || step?.work.kind !== 'action') {
    return { end: succeeded, words: noWords, lost: false };
  }
  const { runs, state } = known;
  const frame = outerFrame(scene, step);
  if (
    runs.preIf !== undefined &&
    !evaluateCondition(runs.preIf, { contexts: frame.contexts(), status: frame.status() })
  ) {
    return { end: succeeded, words: noWords, lost: false };
  }
  const use: ActionUse = { scene, at, frame, piece: step, work: step.work, runPiece };
  const action = await readyAction(use);
  noteEnd(scene, step.id, { action, runs, frame, state });
  const run = await runNode(use, action, runs, known.runs.pre, {});
  for (const [name, value] of run.words.state) {
    state.set(name, value);
  }
  return run;
}
