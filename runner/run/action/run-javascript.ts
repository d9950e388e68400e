import { posix } from 'node:path';
import type { JavaScriptRuns } from '../../model/action.ts';
import { moveTo } from '../container/move.ts';
import { StepFailure } from '../ending.ts';
import { stepEnvironment } from '../environment.ts';
import { type CommandRun, runGuestCommand } from '../guest-command.ts';
import { guestHasFile } from '../guest-text.ts';
import { commandFolder, putEvent } from '../run-script.ts';
import { actionVariables } from './action-inputs.ts';
import { nodeProgram, nodeVersion } from './node.ts';
import type { ActionUse, ReadyAction } from './run-action.ts';

/** Runs one script of an action. `more`: variables besides those all its scripts have. */
export async function runNode(
  { scene, at, frame }: Pick<ActionUse, 'scene' | 'at' | 'frame'>,
  action: ReadyAction,
  { node }: Pick<JavaScriptRuns, 'node'>,
  script: string,
  more: Readonly<Record<string, string>>,
): Promise<CommandRun> {
  await moveTo(scene, at, { role: 'steps' });
  const path = posix.join(action.folder, script);
  if (!(await guestHasFile(at.held.vm, path, at.stop.signal))) {
    throw new StepFailure('not-started', `${action.name} names the script ${script}, and has no such file`);
  }
  await putEvent(scene, at);
  const served = scene.serving.variables(scene, at.step.id, 'actions');
  const variables = { ...served, ...actionVariables(frame, action), ...more };
  const program = nodeProgram(nodeVersion(node, action.env));
  return await runGuestCommand(scene, at, {
    folder: commandFolder(at, frame),
    argv: () => [program, path],
    env: (files) =>
      stepEnvironment(scene, at.step, at.held, { env: action.env, variables, paths: frame.progress.paths }, files),
    cwd: at.held.use.inside.workspace,
  });
}
