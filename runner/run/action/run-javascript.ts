import { posix } from 'node:path';
import type { JavaScriptRuns } from '../../model/action.ts';
import { stepEnvironment } from '../environment.ts';
import { type CommandRun, runGuestCommand } from '../guest-command.ts';
import { insideOf } from '../inside.ts';
import { commandFolder, putEvent } from '../run-script.ts';
import { inputVariables } from './action-inputs.ts';
import { nodeProgram, nodeVersion } from './node.ts';
import { noteEnd, stateVariables } from './note-end.ts';
import type { ActionUse, ReadyAction } from './run-action.ts';

/** Runs the main script of a JavaScript action, and notes its end for later. */
export async function runJavaScript(use: ActionUse, action: ReadyAction, runs: JavaScriptRuns): Promise<CommandRun> {
  const { scene, at, frame } = use;
  const state = (frame.depth === 0 ? scene.preScripts.get(at.step.id)?.state : undefined) ?? new Map<string, string>();
  noteEnd(scene, at.step.id, { action, runs, frame, state });
  const run = await runNode(use, action, runs, runs.main, stateVariables(state));
  for (const [name, value] of run.words.state) {
    state.set(name, value);
  }
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
      stepEnvironment(
        scene,
        at.step,
        at.held.image.config,
        { env: action.env, variables, paths: frame.progress.paths },
        files,
      ),
    cwd: insideOf(scene.run.plan).workspace,
  });
}
