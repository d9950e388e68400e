import { GuestRefusal } from '../guest/copy.ts';
import type { Command, Exit } from '../model/machine.ts';
import type { PlannedStep } from '../model/plan.ts';
import { isDebugging, isTrue } from './debugging.ts';
import { type End, endOfError, endOfExit, endOfStop, StepFailure } from './ending.ts';
import { guestText } from './guest-text.ts';
import type { HeldMachine } from './held-machine.ts';
import type { LineEffects } from './line-commands.ts';
import type { JobScene } from './scene.ts';
import { visited } from './shown-machine.ts';
import {
  noWords,
  putExtras,
  putStepFiles,
  readStepFiles,
  type StepFolder,
  type StepWords,
  stepFolder,
} from './step-files.ts';
import type { StepOutput } from './step-output.ts';
import type { Stop } from './stop.ts';

/** One attempt at a step on a machine whose disk is ready. */
export interface StepAttempt {
  readonly step: PlannedStep;
  /** Unique on the machine. */
  readonly folder: string;
  /** Another one once a part of the step took a machine of its own: see `moveTo`. */
  held: HeldMachine;
  /** How often that was. */
  moves: number;
  /** Names its disks. */
  readonly origin: { readonly index: number; readonly attempt: number };
  readonly output: StepOutput;
  readonly stop: Stop;
  /** What the last command that was begun ran with. */
  readonly last: { command?: CommandPlace };
}

/** A part of an attempt, which may be stopped by itself; the machine is the same one. */
export function partOf(at: StepAttempt, stop: Stop): StepAttempt {
  return {
    ...at,
    stop,
    get held() {
      return at.held;
    },
    set held(held) {
      at.held = held;
    },
    get moves() {
      return at.moves;
    },
    set moves(moves) {
      at.moves = moves;
    },
  };
}

/** Where and with what a command runs. */
export type CommandPlace = Pick<Command, 'env' | 'cwd' | 'user'>;

/** A command with command files of its own. */
export interface GuestCommand {
  /** Unique on the machine: names the folder of its files. */
  readonly folder: string;
  readonly script?: { readonly file: string; readonly text: string };
  /** The words of the command, for the script's path; `''` without one. */
  readonly argv: (script: string) => readonly string[];
  /** The whole environment, for the paths of the command files. */
  readonly env: (files: StepFolder) => Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Outputs that may flow; all when absent. */
  readonly declared?: readonly string[] | undefined;
}

/** How a command ended, and what it wrote to its command files. */
export interface CommandRun {
  readonly end: End;
  readonly words: StepWords;
  /** The machine is gone: nothing more is to be had of it. */
  readonly lost: boolean;
}

/** Milliseconds for reading command files and artifacts of a step that was stopped. */
const afterStop = 60_000;

/** The signal for what is read from a machine after its command: a stop that was asked for must not cut that off. */
export function signalAfter(stop: Stop): AbortSignal {
  return stop.why === undefined ? stop.signal : AbortSignal.timeout(afterStop);
}

/** Runs a command in a step's machine and reads its command files back. Rejects when it could not be started. */
export async function runGuestCommand(scene: JobScene, at: StepAttempt, command: GuestCommand): Promise<CommandRun> {
  const folder = stepFolder(command.folder, at.held.use.inside);
  const exit = await execute(scene, at, command, folder);
  const effects = at.output.effects();
  const ended = told(at.stop.why === undefined ? endOfExit(exit) : endOfStop(at.stop.why), effects);
  if (exit.kind === 'lost') {
    return { end: ended, words: noWords, lost: true };
  }
  const { end, words } = await takeWords(scene, at, folder, ended, command.declared);
  return { end, words: withEffects(words, effects), lost: false };
}

/** Files are read when the command is over: they win over what its lines said. */
function withEffects(words: StepWords, { outputs, state, env, paths }: LineEffects): StepWords {
  return {
    ...words,
    outputs: { ...outputs, ...words.outputs },
    state: [...state, ...words.state],
    env: [...env, ...words.env],
    paths: [...paths, ...words.paths],
  };
}

/** A command that a line gave and that cannot be carried out fails its step. */
function told(end: End, { failure }: LineEffects): End {
  return failure === undefined ? end : worse(end, { outcome: 'failure', reason: 'output-file', detail: failure });
}

async function execute(scene: JobScene, at: StepAttempt, command: GuestCommand, folder: StepFolder): Promise<Exit> {
  const { step, held, output, stop } = at;
  const extras = step.network.kind === 'none' ? new Map<string, string>() : scene.run.services.network.files;
  if (extras.size > 0) {
    await held.once('extras', () => putExtras(held.vm, extras, scene.stop.now.signal));
  }
  const path = await putStepFiles(held, folder, command.script, stop.signal);
  const { cwd } = command;
  const env = command.env(folder);
  if (scene.run.plan.dialect === 'github') {
    output.begin({
      ...commandSetting(scene, held, env),
      read: (name) => guestText(held.vm, name, stop.signal),
      matchers: scene.matchers,
    });
  }
  const { user } = held;
  const who = user === undefined ? {} : { user };
  const words = { argv: command.argv(path), env, cwd, ...who, ...wayDown(scene) };
  at.last.command = { env, cwd, ...who };
  held.used = true;
  try {
    return (await visited(scene, at, words)) ?? (await held.vm.exec(words, output, stop.signal));
  } finally {
    await output.end();
  }
}

/** What lines of a command may do; GitHub's runner looks for the permission to in its `env`. */
function commandSetting({ run }: JobScene, { use }: HeldMachine, env: Readonly<Record<string, string>>) {
  const { ACTIONS_ALLOW_UNSECURE_COMMANDS: commands, ACTIONS_ALLOW_UNSECURE_STOPCOMMAND_TOKENS: tokens } = env;
  return {
    workspace: use.inside.workspace,
    debug: isDebugging(run),
    unsecure: isTrue(commands),
    anyToken: isTrue(tokens),
  };
}

/** GitHub's runner interrupts a step, terminates it after 7.5 s and kills it 2.5 s later. */
function wayDown({ run }: JobScene): { readonly interrupt?: number; readonly grace: number } {
  const { grace } = run.services;
  return run.plan.dialect === 'github' ? { interrupt: 0.75 * grace, grace: 0.25 * grace } : { grace };
}

async function takeWords(
  scene: JobScene,
  { step, held, output, stop }: StepAttempt,
  folder: StepFolder,
  ended: End,
  declared: readonly string[] | undefined,
): Promise<{ end: End; words: StepWords }> {
  const where = { job: scene.job.id, step: step.id };
  try {
    const { dialect } = scene.run.plan;
    const words = await readStepFiles(held.vm, folder, { dialect, declared }, signalAfter(stop));
    for (const text of words.dropped) {
      await (dialect === 'github' ? output.tell('error', text) : scene.report.notice(where, text, 'warning'));
    }
    const { problem } = words;
    if (problem === undefined) {
      return { end: ended, words };
    }
    if (dialect === 'github') {
      await output.tell('error', problem);
    }
    return { end: worse(ended, { outcome: 'failure', reason: 'output-file', detail: problem }), words };
  } catch (error) {
    const told = error instanceof GuestRefusal ? new StepFailure('output-file', error.message) : error;
    return { end: worse(ended, endOfError(told, stop.why)), words: noWords };
  }
}

/** The first failure is the one reported. */
export function worse(first: End, second: End): End {
  return first.outcome === 'success' ? { ...first, ...second } : first;
}
