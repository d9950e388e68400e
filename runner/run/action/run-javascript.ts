import { posix } from 'node:path';
import type { JavaScriptRuns } from '../../model/action.ts';
import { stepEnvironment } from '../environment.ts';
import { type CommandRun, runGuestCommand } from '../guest-command.ts';
import { commandFolder, putEvent } from '../run-script.ts';
import { inputVariables } from './action-inputs.ts';
import { nodeProgram, nodeVersion } from './node.ts';
import { keepState, keyOf, noteEnd, stateOf, stateVariables } from './note-end.ts';
import type { ActionUse, ReadyAction } from './run-action.ts';

/** Runs the main script of a JavaScript action, and notes its end for later. */
export async function runJavaScript(use: ActionUse, action: ReadyAction, runs: JavaScriptRuns): Promise<CommandRun> {
  const { scene, at, frame, piece } = use;
  const state = stateOf(scene, keyOf(frame, piece));
  noteEnd(scene, at.step.id, { action, runs, frame, piece, state });
  if (piece.work.reference.kind === 'local' && runs.pre !== undefined) {
    const text = `the script 'pre' of ${action.name} is not run: the files of an action of the workspace come too late for it`;
    await scene.report.notice({ job: scene.job.id, step: at.step.id }, text, 'warning');
  }
  const run = await runNode(use, action, runs, runs.main, stateVariables(state));
  keepState(state, run.words.state);
  return run;
}

/** Runs one script of an action. `more`: variables besides those all its scripts have. */
export async function runNode(
  { scene, at, frame }: Pick<ActionUse, 'scene' | 'at' | 'frame'>,
  action: ReadyAction,
  { node }: Pick<JavaScriptRuns, 'node'>,
  script: string,
  more: Readonly<Record<string, string>>,
): Promise<CommandRun> {
  await putEvent(scene, at);
  const { repository, ref } = action;
  const variables = {
    ...frame.variables,
    ...inputVariables(action.inputs),
    ...(repository === undefined || ref === undefined
      ? {}
      : { GITHUB_ACTION_REPOSITORY: repository, GITHUB_ACTION_REF: ref }),
    ...more,
  };
  const program = nodeProgram(nodeVersion(node, action.env));
  return await runGuestCommand(scene, at, {
    folder: commandFolder(at, frame),
    argv: () => [program, posix.join(action.folder, script)],
    env: (files) =>
      stepEnvironment(scene, at.step, at.held, { env: action.env, variables, paths: frame.progress.paths }, files),
    cwd: at.held.use.inside.workspace,
  });
}
