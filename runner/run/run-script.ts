import { fillTemplate } from '../expression/evaluate.ts';
import type { Json, ScriptWork } from '../model/workflow.ts';
import { saveArtifacts } from './artifacts.ts';
import { envContext, stepContexts } from './contexts.ts';
import { type End, endOfError } from './ending.ts';
import { stepEnvironment } from './environment.ts';
import { runGuestCommand, type StepAttempt, signalAfter, worse } from './guest-command.ts';
import { digestFiles } from './guest-files.ts';
import { eventFile, type Inside, insideOf } from './inside.ts';
import type { JobScene } from './scene.ts';
import { chooseShell } from './shell.ts';
import type { StepWords } from './step-files.ts';
import { packFiles } from './tar.ts';
import { withTimeout } from './timeout.ts';
import { withFiles } from './with-files.ts';

/** What running a step's work gave, however it ended. */
export interface Ran extends End {
  readonly words: StepWords;
  /** Names of the artifacts saved. */
  readonly artifacts: readonly string[];
}

/** Runs a step's script and takes what it left: command files, then artifacts. Rejects when it could not be started. */
export async function runScript(scene: JobScene, at: StepAttempt, work: ScriptWork): Promise<Ran> {
  const { step, held, stop } = at;
  const { dialect } = scene.run.plan;
  const script = await scriptWords(scene, at, work);
  const shell = chooseShell(script.shell, held.image.config.shells, dialect);
  if (dialect === 'github') {
    await putEvent(scene, at);
  }
  const run = await withTimeout(step.timeout, 'step', stop, () =>
    runGuestCommand(scene, at, {
      folder: at.folder,
      script: { file: shell.file, text: script.text },
      argv: shell.argv,
      env: (files) => stepEnvironment(scene, step, held.image.config, script.env, files),
      cwd: script.cwd,
    }),
  );
  if (run.lost) {
    return { ...run.end, words: run.words, artifacts: [] };
  }
  const scope = { contexts: { ...stepContexts(scene, step) } };
  const { outcome } = run.end;
  const where = { vm: held.vm, specs: step.artifacts, outcome, scope, step: step.id, signal: signalAfter(stop) };
  try {
    return { ...run.end, words: run.words, artifacts: await saveArtifacts(scene, where) };
  } catch (error) {
    return { ...worse(run.end, endOfError(error, stop.why)), words: run.words, artifacts: [] };
  }
}

/** A step's templates, worked out with the workspace as the step finds it. */
async function scriptWords(scene: JobScene, { step, held, stop }: StepAttempt, work: ScriptWork) {
  const inside = insideOf(scene.run.plan);
  const digest = (patterns: readonly string[]) => digestFiles(held.vm, patterns, stop.signal, inside.workspace);
  const { script, shell = scene.job.shell } = work;
  const folder = step.workingDirectory ?? scene.job.workingDirectory;
  return await withFiles({ contexts: stepContexts(scene, step) }, digest, (bare) => {
    const env = envContext(scene, scene.graph.needed(step.id), step.env, bare);
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
  return folder.startsWith('/') ? folder : folder === '' ? workspace : `${workspace}/${folder}`;
}

/** GitHub's steps read the payload of their event from a file, which is made before each. */
async function putEvent({ run }: JobScene, { held, stop }: StepAttempt): Promise<void> {
  const inside = insideOf(run.plan);
  const { event = {} } = (run.plan.contexts.github ?? {}) as { readonly event?: Json };
  const name = eventFile(inside).slice(inside.temp.length + 1);
  await held.vm.copyIn(packFiles([{ name, text: JSON.stringify(event, undefined, 2) }]), inside.temp, stop.signal);
}
