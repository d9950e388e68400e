import { fillTemplate } from '../expression/evaluate.ts';
import { GuestRefusal } from '../guest/copy.ts';
import type { Exit } from '../model/machine.ts';
import type { PlannedStep } from '../model/plan.ts';
import { saveArtifacts } from './artifacts.ts';
import { envContext, stepContexts } from './contexts.ts';
import { type End, endOfError, endOfExit, endOfStop, StepFailure } from './ending.ts';
import { stepEnvironment } from './environment.ts';
import { digestFiles } from './guest-files.ts';
import type { HeldMachine } from './machines.ts';
import type { JobScene } from './scene.ts';
import { workspace } from './services.ts';
import { chooseShell } from './shell.ts';
import { noWords, putStepFiles, readStepFiles, type StepFolder, type StepWords, stepFolder } from './step-files.ts';
import type { StepOutput } from './step-output.ts';
import type { Stop } from './stop.ts';
import { withTimeout } from './timeout.ts';
import { withFiles } from './with-files.ts';

/** What running a step's script gave, however it ended. */
export interface Ran extends End {
  readonly words: StepWords;
  /** Names of the artifacts saved. */
  readonly artifacts: readonly string[];
}

/** One attempt at a step on a machine whose disk is ready. */
export interface ScriptWork {
  readonly step: PlannedStep;
  /** Unique on the machine. */
  readonly folder: string;
  readonly held: HeldMachine;
  readonly output: StepOutput;
  readonly stop: Stop;
}

/** Milliseconds for reading command files and artifacts of a step that was stopped. */
const afterStop = 60_000;

/** Runs a step's script and takes what it left: command files, then artifacts. Rejects when it could not be started. */
export async function runScript(scene: JobScene, work: ScriptWork): Promise<Ran> {
  const { step, held, stop } = work;
  const folder = stepFolder(work.folder);
  const exit = await execute(scene, work, folder);
  const ended = stop.why === undefined ? endOfExit(exit) : endOfStop(stop.why);
  if (exit.kind === 'lost') {
    return { ...ended, words: noWords, artifacts: [] };
  }
  const signal = stop.why === undefined ? stop.signal : AbortSignal.timeout(afterStop);
  const { end, words } = await takeWords(scene, work, folder, ended, signal);
  const scope = { contexts: { ...stepContexts(scene, step) } };
  const where = { vm: held.vm, specs: step.artifacts, outcome: end.outcome, scope, step: step.id, signal };
  try {
    return { ...end, words, artifacts: await saveArtifacts(scene, where) };
  } catch (error) {
    return { ...worse(end, endOfError(error, stop.why)), words, artifacts: [] };
  }
}

async function execute(scene: JobScene, work: ScriptWork, folder: StepFolder): Promise<Exit> {
  const { step, held, output, stop } = work;
  const { services } = scene.run;
  const script = await scriptWords(scene, work);
  const shell = chooseShell(script.shell, held.image.config.shells);
  const extras = step.network.kind === 'none' ? new Map<string, string>() : services.network.files;
  const file = { file: shell.file, text: script.text };
  const path = await putStepFiles(held.vm, folder, file, extras, stop.signal);
  const command = {
    argv: shell.argv(path),
    env: stepEnvironment(scene, step, held.image.config, script.env, folder),
    cwd: script.cwd,
    grace: services.grace,
  };
  try {
    return await withTimeout(step.timeout, 'step', stop, () => held.vm.exec(command, output, stop.signal));
  } finally {
    await output.end();
  }
}

/** A step's templates, worked out with the workspace as the step finds it. */
async function scriptWords(scene: JobScene, { step, held, stop }: ScriptWork) {
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

async function takeWords(
  scene: JobScene,
  { step, held, stop }: ScriptWork,
  folder: StepFolder,
  ended: End,
  signal: AbortSignal,
): Promise<{ end: End; words: StepWords }> {
  const where = { job: scene.job.id, step: step.id };
  try {
    const words = await readStepFiles(held.vm, folder, step.outputs, signal);
    for (const text of words.dropped) {
      await scene.report.notice(where, text, 'warning');
    }
    const { problem } = words;
    const bad: End | undefined =
      problem === undefined ? undefined : { outcome: 'failure', reason: 'output-file', detail: problem };
    return { end: bad === undefined ? ended : worse(ended, bad), words };
  } catch (error) {
    const told = error instanceof GuestRefusal ? new StepFailure('output-file', error.message) : error;
    return { end: worse(ended, endOfError(told, stop.why)), words: noWords };
  }
}

/** The first failure is the one reported. */
function worse(first: End, second: End): End {
  return first.outcome === 'success' ? { ...first, ...second } : first;
}
