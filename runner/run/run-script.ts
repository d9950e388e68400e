import { posix } from 'node:path';
import { fillTemplate } from '../expression/evaluate.ts';
import type { Json, ScriptWork } from '../model/workflow.ts';
import { moveTo } from './container/move.ts';
import { StepFailure } from './ending.ts';
import { stepEnvironment } from './environment.ts';
import type { Frame, Piece } from './frame.ts';
import { githubShell } from './github-shell.ts';
import { type CommandRun, runGuestCommand, type StepAttempt } from './guest-command.ts';
import { folderIsThere } from './guest-folder.ts';
import type { Inside } from './inside.ts';
import { pieceEnv } from './piece-env.ts';
import type { JobScene } from './scene.ts';
import { chooseShell } from './shell.ts';
import { packFiles } from './tar.ts';
import { withFiles } from './with-files.ts';

/** Runs a script and takes what it wrote to its command files. Rejects when it could not be started. */
export async function runScript(
  scene: JobScene,
  at: StepAttempt,
  frame: Frame,
  piece: Piece,
  work: ScriptWork,
): Promise<CommandRun> {
  await moveTo(scene, at, { role: 'steps' });
  const { step, held } = at;
  const { dialect } = scene.run.plan;
  const script = await scriptWords(scene, at, frame, piece, work);
  const { shells } = held.image.config;
  const shell =
    dialect === 'github'
      ? githubShell(script.shell ?? '', shells, scene.job.container !== undefined)
      : chooseShell(script.shell ?? '', shells);
  if (dialect === 'github') {
    await putEvent(scene, at);
    await checkFolder(at, script.cwd);
  }
  const { paths } = frame.progress;
  const served = scene.serving.variables(scene, step.id, 'scripts');
  const variables = { env: script.env, variables: { ...served, ...frame.variables }, paths };
  const run = await runGuestCommand(scene, at, {
    folder: commandFolder(at, frame),
    script: { file: shell.file, text: shell.script(script.text) },
    argv: shell.argv,
    env: (files) => stepEnvironment(scene, step, held, variables, files),
    cwd: script.cwd,
    declared: frame.depth === 0 ? step.outputs : undefined,
  });
  if (run.end.reason !== 'not-started') {
    return run;
  }
  const detail = `the shell '${shell.program}' cannot be started in the image ${held.image.name}: ${run.end.detail}`;
  return { ...run, end: { ...run.end, detail } };
}

/** GitHub's steps start in a folder that is there; only the workspace itself is made. */
async function checkFolder({ held, stop }: StepAttempt, cwd: string): Promise<void> {
  if (cwd !== held.use.inside.workspace && !(await folderIsThere(held.vm, cwd, stop.signal))) {
    throw new StepFailure('not-started', `the working directory ${cwd} is not there, or no folder`);
  }
}

/** Each command of an attempt has a folder of its own. */
export function commandFolder({ folder }: StepAttempt, { progress }: Frame): string {
  progress.commands += 1;
  return progress.commands === 1 ? folder : `${folder}-${progress.commands}`;
}

/** A script's templates, worked out with the workspace as the step finds it. */
async function scriptWords(
  scene: JobScene,
  { step, held, stop }: StepAttempt,
  frame: Frame,
  piece: Piece,
  work: ScriptWork,
) {
  const { inside } = held.use;
  const search = { vm: held.vm, folder: inside.workspace, signal: stop.signal };
  const outer = frame.depth === 0;
  const { script, shell = outer ? scene.job.shell : undefined } = work;
  const folder = piece.workingDirectory ?? (outer ? scene.job.workingDirectory : undefined);
  return await withFiles({ contexts: frame.contexts() }, search, (bare) => {
    const env = pieceEnv(scene, step, frame, piece, bare);
    const scope = { ...bare, contexts: { ...bare.contexts, env } };
    return {
      env,
      text: fillTemplate(script, scope),
      shell: shell === undefined ? undefined : fillTemplate(shell, scope),
      cwd: absolute(folder === undefined ? '' : fillTemplate(folder, scope), inside),
    };
  });
}

function absolute(folder: string, { workspace }: Inside): string {
  return posix.resolve(workspace, folder);
}

/**
 * GitHub's steps read the payload of their event from a file, which is made before each; once for steps that run beside
 * each other.
 */
export async function putEvent(
  { run, graph, stop: jobStop }: JobScene,
  { step, held, stop }: StepAttempt,
): Promise<void> {
  const { event: path } = held.use.inside;
  const { event = {} } = (run.plan.contexts.github ?? {}) as { readonly event?: Json };
  const files = [{ name: posix.basename(path), text: JSON.stringify(event, undefined, 2) }];
  const put = (signal: AbortSignal) => held.vm.copyIn(packFiles(files), posix.dirname(path), signal, held.user);
  const [first] = graph.companions(step.id);
  await (first === undefined ? put(stop.signal) : held.once(`event of ${first}`, () => put(jobStop.now.signal)));
}
