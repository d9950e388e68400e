import type { DockerRuns, JavaScriptRuns } from '../../model/action.ts';
import type { CommandRun } from '../guest-command.ts';
import { keepState, keyOf, noteEnd, stateOf, stateVariables } from './note-end.ts';
import type { ActionUse, ReadyAction } from './run-action.ts';
import { runContainer } from './run-container.ts';
import { runNode } from './run-javascript.ts';

/** Actions that have one main script, or command, and may have one before the job's steps and one behind them. */
export type ScriptedRuns = JavaScriptRuns | DockerRuns;

/** Runs the main script of an action, and notes its end for later. */
export async function runMain(use: ActionUse, action: ReadyAction, runs: ScriptedRuns): Promise<CommandRun> {
  const { scene, at, frame, piece } = use;
  const state = stateOf(scene, keyOf(frame, piece));
  noteEnd(scene, at.step.id, { action, runs, frame, piece, state });
  if (piece.work.reference.kind === 'local' && runs.pre !== undefined) {
    const text = `the script 'pre' of ${action.name} is not run: the files of an action of the workspace come too late for it`;
    await scene.report.notice({ job: scene.job.id, step: at.step.id }, text, 'warning');
  }
  const run = await runOne(use, action, runs, runs.main, state);
  keepState(state, run.words.state);
  return run;
}

/** Runs one script of an action; `state` is what those before it kept. */
export async function runOne(
  use: Pick<ActionUse, 'scene' | 'at' | 'frame'>,
  action: ReadyAction,
  runs: ScriptedRuns,
  script: string | undefined,
  state: ReadonlyMap<string, string>,
): Promise<CommandRun> {
  const more = stateVariables(state);
  return runs.kind === 'javascript'
    ? await runNode(use, action, runs, script ?? runs.main, more)
    : await runContainer(use, action, runs, script, more);
}
