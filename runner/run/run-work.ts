import { isDoneHere } from './action/done-here.ts';
import { runAction } from './action/run-action.ts';
import { runPosts } from './action/run-posts.ts';
import { runPre } from './action/run-pre.ts';
import { saveArtifacts } from './artifacts.ts';
import { stepLimit } from './condition.ts';
import { stepContexts } from './contexts.ts';
import { type End, endOfError } from './ending.ts';
import { type Frame, outerFrame, type Piece } from './frame.ts';
import { type CommandRun, type StepAttempt, signalAfter, worse } from './guest-command.ts';
import { runCheckout } from './run-checkout.ts';
import { runScript } from './run-script.ts';
import type { JobScene } from './scene.ts';
import type { StepWords } from './step-files.ts';
import { withTimeout } from './timeout.ts';

/** What running a step's work gave, however it ended. */
export interface Ran extends End {
  readonly words: StepWords;
  /** Names of the artifacts saved. */
  readonly artifacts: readonly string[];
}

/** Does what a step does, on a machine whose disk is ready, then saves its artifacts. Rejects when it could not start. */
export async function runWork(scene: JobScene, at: StepAttempt): Promise<Ran> {
  const { step, held, stop } = at;
  const frame = outerFrame(scene, step);
  const run = await withTimeout(stepLimit(scene, step), 'step', stop, () => runPiece(scene, at, frame, step));
  const env = [...frame.progress.env, ...run.words.env];
  const words = { ...run.words, env, paths: [...frame.progress.paths, ...run.words.paths] };
  if (run.lost) {
    return { ...run.end, words, artifacts: [] };
  }
  const scope = { contexts: { ...stepContexts(scene, step) } };
  const { outcome } = run.end;
  const where = { vm: held.vm, specs: step.artifacts, outcome, scope, step: step.id, signal: signalAfter(stop) };
  try {
    return { ...run.end, words, artifacts: await saveArtifacts(scene, where) };
  } catch (error) {
    return { ...worse(run.end, endOfError(error, stop.why)), words, artifacts: [] };
  }
}

/** Does one piece of a step: its script or its action, or one of those inside an action. */
export async function runPiece(scene: JobScene, at: StepAttempt, frame: Frame, piece: Piece): Promise<CommandRun> {
  const { work } = piece;
  switch (work.kind) {
    case 'script':
      return await runScript(scene, at, frame, piece, work);
    case 'pre':
      return await runPre({ scene, at, frame, runPiece }, work);
    case 'post':
      return await runPosts({ scene, at, frame }, work);
    case 'action':
      return isDoneHere(scene.run, work)
        ? await runCheckout(scene, at, frame, piece, work)
        : await runAction({ scene, at, frame, piece: { ...piece, work }, runPiece });
    case 'wait':
    case 'cancel':
      throw new TypeError(`a step that does nothing but '${work.kind}' has nothing to run in a machine`);
  }
}
