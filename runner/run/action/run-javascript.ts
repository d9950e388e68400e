import { posix } from 'node:path';
import type { JavaScriptRuns } from '../../model/action.ts';
import { stepEnvironment } from '../environment.ts';
import { type CommandRun, runGuestCommand } from '../guest-command.ts';
import { insideOf } from '../inside.ts';
import { commandFolder, putEvent } from '../run-script.ts';
import { inputVariables } from './action-inputs.ts';
import { noteEnd, stateVariables } from './note-end.ts';
import type { ActionUse, ReadyAction } from './run-action.ts';

/** Runs the main script of a JavaScript action with the Node of the image, and notes its end for later. */
export async function runJavaScript(use: ActionUse, action: ReadyAction, runs: JavaScriptRuns): Promise<CommandRun> {
  const { scene, at, frame } = use;
  const state = (frame.depth === 0 ? scene.preScripts.get(at.step.id)?.state : undefined) ?? new Map<string, string>();
  noteEnd(scene, at.step.id, { action, runs, frame, state });
  if (runs.node === 24) {
    const text = `${action.name} is written for Node 24 and runs on the Node of the image ${at.held.image.name}`;
    await scene.report.notice({ job: scene.job.id, step: at.step.id }, text);
  }
  const run = await runNode(use, action, runs.main, stateVariables(state));
  for (const [name, value] of run.words.state) {
    state.set(name, value);
  }
  return run;
}

/** Runs one script of an action. `more`: variables besides those all its scripts have. */
export async function runNode(
  { scene, at, frame }: Pick<ActionUse, 'scene' | 'at' | 'frame'>,
  action: ReadyAction,
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
  const run = await runGuestCommand(scene, at, {
    folder: commandFolder(at, frame),
    argv: () => ['node', posix.join(action.folder, script)],
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
  if (run.end.reason !== 'not-started') {
    return run;
  }
  const detail = `${action.name} takes a Node in the image ${at.held.image.name}: ${run.end.detail ?? ''}`;
  return { ...run, end: { ...run.end, detail } };
}
