import { fillTemplate } from '../expression/evaluate.ts';
import { saveArtifacts } from './artifacts.ts';
import { envContext, stepContexts } from './contexts.ts';
import { type End, endOfError } from './ending.ts';
import { stepEnvironment } from './environment.ts';
import { runGuestCommand, type StepAttempt, signalAfter, worse } from './guest-command.ts';
import { digestFiles } from './guest-files.ts';
import type { JobScene } from './scene.ts';
import { workspace } from './services.ts';
import { chooseShell } from './shell.ts';
import type { StepWords } from './step-files.ts';
import { withTimeout } from './timeout.ts';
import { withFiles } from './with-files.ts';

/** What running a step's work gave, however it ended. */
export interface Ran extends End {
  readonly words: StepWords;
  /** Names of the artifacts saved. */
  readonly artifacts: readonly string[];
}

/** Runs a step's script and takes what it left: command files, then artifacts. Rejects when it could not be started. */
export async function runScript(scene: JobScene, at: StepAttempt): Promise<Ran> {
  const { step, held, stop } = at;
  const script = await scriptWords(scene, at);
  const shell = chooseShell(script.shell, held.image.config.shells);
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
async function scriptWords(scene: JobScene, { step, held, stop }: StepAttempt) {
  const digest = (patterns: readonly string[]) => digestFiles(held.vm, patterns, stop.signal);
  const { script, shell = scene.job.shell } = step.work;
  const folder = step.workingDirectory ?? scene.job.workingDirectory;
  return await withFiles({ contexts: stepContexts(scene, step) }, digest, (bare) => {
    const env = envContext(scene, scene.graph.needed(step.id), step.env, bare);
    const scope = { ...bare, contexts: { ...bare.contexts, env } };
    return {
      env,
      text: fillTemplate(script, scope),
      shell: shell === undefined ? undefined : fillTemplate(shell, scope),
      cwd: absolute(folder === undefined ? '' : fillTemplate(folder, scope)),
    };
  });
}

function absolute(folder: string): string {
  return folder.startsWith('/') ? folder : folder === '' ? workspace : `${workspace}/${folder}`;
}
