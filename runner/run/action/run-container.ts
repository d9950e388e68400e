import { fillTemplate } from '../../expression/evaluate.ts';
import { fillNamed } from '../../expression/named.ts';
import type { DockerRuns } from '../../model/action.ts';
import type { ContainerConfig } from '../../model/image.ts';
import type { Json } from '../../model/workflow.ts';
import { commandWords } from '../../workflow/command-words.ts';
import { moveTo } from '../container/move.ts';
import { StepFailure } from '../ending.ts';
import { stepEnvironment } from '../environment.ts';
import { type CommandRun, runGuestCommand } from '../guest-command.ts';
import type { HeldMachine } from '../held-machine.ts';
import { translated } from '../inside.ts';
import { commandFolder, putEvent } from '../run-script.ts';
import type { StepFolder } from '../step-files.ts';
import { actionVariables } from './action-inputs.ts';
import type { ActionUse, ReadyAction } from './run-action.ts';

type ContainerUse = Pick<ActionUse, 'scene' | 'at' | 'frame'>;

/**
 * Runs a command of an action in a machine of its image, on the job's disk, with the job's folders where GitHub's runner
 * mounts them. `entrypoint` takes the place of the image's. `more`: variables besides those all its commands have.
 */
export async function runContainer(
  use: ContainerUse,
  action: ReadyAction,
  runs: DockerRuns,
  entrypoint: string | undefined,
  more: Readonly<Record<string, string>>,
): Promise<CommandRun> {
  const { scene, at, frame } = use;
  const words = argumentsOf(use, action, runs);
  await moveTo(scene, at, { role: 'action', image: `docker://${runs.image}` });
  const { held } = at;
  const given = main(runs, entrypoint) ? action.inputs.get('entrypoint') || entrypoint : entrypoint;
  const argv = commandLine(given, words, held.image.config.container, runs.image);
  await putEvent(scene, at);
  // GitHub does not tell them which version of the cache service there is.
  const { ACTIONS_CACHE_SERVICE_V2: _, ...served } = scene.serving.variables(scene, at.step.id, 'actions');
  return await runGuestCommand(scene, at, {
    folder: commandFolder(at, frame),
    argv: () => argv,
    env: (files) => environment(use, action, runs, held, files, { ...served, ...more }),
    cwd: held.use.inside.workspace,
  });
}

/** The command of `with` is for the main one alone. */
function main(runs: DockerRuns, entrypoint: string | undefined): boolean {
  return entrypoint === runs.main;
}

/** What the step gives as one line, else what the action lists, its inputs filled in. */
function argumentsOf({ frame }: ContainerUse, { inputs, name }: ReadyAction, { args }: DockerRuns): readonly string[] {
  const line = inputs.get('args');
  if (line !== undefined && line.trim() !== '') {
    const words = commandWords(line);
    if (words === undefined) {
      throw new StepFailure('not-started', `'args' of ${name} opens a quote and never closes it`);
    }
    return words;
  }
  const scope = { contexts: { ...frame.contexts(), inputs: inputsContext(inputs) } };
  return args.map((each) => fillTemplate(each, scope));
}

/** An image's own arguments go with its own command only. */
function commandLine(
  entrypoint: string | undefined,
  words: readonly string[],
  config: ContainerConfig | undefined,
  image: string,
): readonly string[] {
  const named = entrypoint !== undefined && entrypoint !== '';
  const start = named ? [entrypoint] : (config?.entrypoint ?? []);
  const rest = words.length > 0 || named ? words : (config?.cmd ?? []);
  const argv = [...start, ...rest];
  if (argv.length === 0) {
    throw new StepFailure('not-started', `the image ${image} names no command, and neither does the step`);
  }
  return argv;
}

function environment(
  { scene, at, frame }: ContainerUse,
  action: ReadyAction,
  { env: own }: DockerRuns,
  held: HeldMachine,
  files: StepFolder,
  more: Readonly<Record<string, string>>,
): Record<string, string> {
  const scope = { contexts: { ...frame.contexts(), inputs: inputsContext(action.inputs) } };
  // What the action sets never wins over what is there.
  const env = { ...Object.fromEntries(fillNamed(own, scope)), ...action.env };
  const variables = { ...actionVariables(frame, action), ...more, HOME: held.use.inside.home };
  const all = stepEnvironment(scene, at.step, held, { env, variables, paths: [] }, files);
  // Folders that steps added to PATH are of their machine, not of this one.
  all.PATH = env.PATH ?? held.image.config.env.PATH ?? '';
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, translated(value, scene)]));
}

function inputsContext(inputs: ReadonlyMap<string, string>): Json {
  return Object.fromEntries(inputs);
}
