import type { ActionWork } from '../../model/workflow.ts';
import { StepFailure } from '../ending.ts';
import type { Frame, Piece } from '../frame.ts';
import type { CommandRun, StepAttempt } from '../guest-command.ts';
import { pieceEnv } from '../piece-env.ts';
import type { JobScene } from '../scene.ts';
import { withFiles } from '../with-files.ts';
import { type OpenedAction, openAction } from './action-folder.ts';
import { actionInputs } from './action-inputs.ts';
import { deepest } from './action-tree.ts';
import { runComposite } from './run-composite.ts';
import { runMain } from './run-scripted.ts';

/** A piece that uses an action. */
export type ActionPiece = Piece & { readonly work: ActionWork };

/** One action that a piece uses. `runPiece` does the pieces of a composite one. */
export interface ActionUse {
  readonly scene: JobScene;
  readonly at: StepAttempt;
  readonly frame: Frame;
  readonly piece: ActionPiece;
  readonly runPiece: (scene: JobScene, at: StepAttempt, frame: Frame, piece: Piece) => Promise<CommandRun>;
}

/** An action that is in the machine, with what it is given. */
export interface ReadyAction extends OpenedAction {
  readonly inputs: ReadonlyMap<string, string>;
  /** Sentences about what it is given. */
  readonly warnings: readonly string[];
  /** The `env` context it runs with. */
  readonly env: Readonly<Record<string, string>>;
}

/** Runs an action on the machine of the step that uses it. Rejects when it could not be started. */
export async function runAction(use: ActionUse): Promise<CommandRun> {
  const { scene, at, frame } = use;
  const { work } = use.piece;
  if (frame.depth >= deepest) {
    throw new StepFailure('not-started', `${work.uses.text} is used more than ${deepest} actions deep`);
  }
  const ready = await readyAction(use);
  for (const text of ready.warnings) {
    await scene.report.notice({ job: scene.job.id, step: at.step.id }, text, 'warning');
  }
  const { runs } = ready.definition;
  if (runs.kind === 'javascript' && runs.pre !== undefined && ready.repository === undefined) {
    const text = `${ready.name}: its pre script is not run, since it is there only now`;
    await scene.report.notice({ job: scene.job.id, step: at.step.id }, text, 'warning');
  }
  switch (runs.kind) {
    case 'javascript':
    case 'docker':
      return await runMain(use, ready, runs);
    case 'composite':
      return await runComposite(use, ready, runs);
    case 'other':
      throw new StepFailure('not-started', `${ready.name} ${runs.why}`);
  }
}

/** Brings an action into the machine and works out what it is given. Throws a `StepFailure` or a `WrongInput`. */
export async function readyAction(use: ActionUse): Promise<ReadyAction> {
  return await givenTo(use, await openAction(use.scene, use.at, use.piece.work.reference));
}

/** Works out what an action is given as things stand: again for each of its scripts. Throws an `ExpressionError`. */
export async function givenTo(
  { scene, at, frame, piece }: Omit<ActionUse, 'runPiece'>,
  action: OpenedAction,
): Promise<ReadyAction> {
  const { workspace } = at.held.use.inside;
  const search = { vm: at.held.vm, folder: workspace, signal: at.stop.signal };
  return await withFiles({ contexts: frame.contexts() }, search, (bare) => {
    const env = pieceEnv(scene, at.step, frame, piece, bare);
    const scope = { ...bare, contexts: { ...bare.contexts, env } };
    const { values, warnings } = actionInputs(piece.work, action, scope);
    return { ...action, env, inputs: values, warnings };
  });
}
