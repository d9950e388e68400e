import { refusedVariable } from '../output/command-files.ts';
import { type Annotation, commandData, type LogCommand } from '../output/log-command.ts';
import type { LogLine } from '../output/step-log.ts';
import { annotated, type Told, warned } from './annotation.ts';

/** What a step told through the lines of its output. */
export interface LineEffects {
  readonly outputs: Readonly<Record<string, string>>;
  readonly state: readonly (readonly [name: string, value: string])[];
  readonly env: readonly (readonly [name: string, value: string])[];
  readonly paths: readonly string[];
  /** Why the step fails for what it told; the first reason. */
  readonly failure?: string;
}

export const noEffects: LineEffects = { outputs: {}, state: [], env: [], paths: [] };

/** A line that was taken: what is shown for it, and what it says. */
export interface TakenLine {
  readonly shown: readonly string[];
  readonly told?: Told;
  /** To be carried out before the next line. */
  readonly matchers?: Extract<LogCommand, { kind: 'add-matcher' | 'remove-matcher' }>;
}

/** What the commands of lines depend on. */
export interface CommandSetting {
  readonly workspace: string;
  /** Debugging is on. */
  readonly debug: boolean;
  /** Lines may set variables and paths. */
  readonly unsecure: boolean;
}

/** Commands whose lines are not repeated when a step asks to see them. */
const neverEchoed: readonly LogCommand['kind'][] = ['add-mask', 'debug', 'annotation', 'stop-commands', 'idle'];

/**
 * Carries out the commands that GitHub's runner reads from lines
 * (https://docs.github.com/actions/reference/workflow-commands-for-github-actions). One for each command of a step.
 */
export class LineCommands {
  readonly #setting: CommandSetting;
  readonly #outputs: Record<string, string> = {};
  readonly #state: (readonly [string, string])[] = [];
  readonly #env: (readonly [string, string])[] = [];
  readonly #paths: string[] = [];
  /** Lines with commands are shown as they are, besides what comes of them. */
  #echo: boolean;
  #failure: string | undefined;

  constructor(setting: CommandSetting) {
    this.#setting = setting;
    this.#echo = setting.debug;
  }

  get effects(): LineEffects {
    const failure = this.#failure === undefined ? {} : { failure: this.#failure };
    return { outputs: this.#outputs, state: this.#state, env: this.#env, paths: this.#paths, ...failure };
  }

  take({ command, text }: LogLine): TakenLine {
    if (command === undefined) {
      return { shown: [text] };
    }
    const echoed = this.#echo && !neverEchoed.includes(command.kind) ? [text] : [];
    const taken = this.#carryOut(command, text);
    return { ...taken, shown: [...echoed, ...taken.shown] };
  }

  /** Notes why the step fails; what is said of it. */
  refused(why: string): TakenLine {
    this.#failure ??= why;
    return { shown: [`##[error]${why}`], told: { level: 'error', problem: { message: why } } };
  }

  #carryOut(command: LogCommand, text: string): TakenLine {
    switch (command.kind) {
      case 'add-mask':
        return { shown: this.#echo ? [text] : [] };
      case 'stop-commands':
        return { shown: [text] };
      case 'set-output':
        this.#outputs[command.name] = command.value;
        return nothing;
      case 'save-state':
        this.#state.push([command.name, command.value]);
        return nothing;
      case 'set-env':
      case 'add-path':
        return this.#unsecure(command);
      case 'echo':
        this.#echo = command.on;
        return nothing;
      case 'debug':
        return { shown: this.#setting.debug ? lines('##[debug]', text) : [] };
      case 'group':
        return { shown: lines('##[group]', text) };
      case 'end-group':
        return { shown: ['##[endgroup]'] };
      case 'annotation':
        return this.#annotation(command, text);
      case 'add-matcher':
      case 'remove-matcher':
        return { shown: [], matchers: command };
      case 'idle':
        return { shown: [`##[warning]${command.message}`], told: warned(command.message) };
      case 'wrong':
        return this.refused(`the command '${command.command}' cannot be carried out: ${command.message}`);
    }
  }

  #annotation(command: Annotation, text: string): TakenLine {
    const message = commandData(text);
    return {
      shown: message === '' ? [] : lines(`##[${command.level}]`, text),
      told: annotated(command, message, this.#setting.workspace),
    };
  }

  #unsecure(command: Extract<LogCommand, { kind: 'set-env' } | { kind: 'add-path' }>): TakenLine {
    if (!this.#setting.unsecure) {
      const file = command.kind === 'set-env' ? 'GITHUB_ENV' : 'GITHUB_PATH';
      const why = 'is switched off, since output is not to be trusted';
      return this.refused(`the command '${command.kind}' ${why}; write to the file ${file} instead`);
    }
    if (command.kind === 'add-path') {
      this.#paths.push(command.path);
      return nothing;
    }
    const why = refusedVariable(command.name, 'github');
    if (why !== undefined) {
      const message = `${command.name} cannot be set through set-env: ${why}`;
      return { shown: [`##[error]${message}`], told: { level: 'error', problem: { message } } };
    }
    this.#env.push([command.name, command.value]);
    return nothing;
  }
}

const nothing: TakenLine = { shown: [] };

/** The lines that the data of a command makes, behind a tag. */
function lines(tag: string, text: string): string[] {
  return `${tag}${commandData(text)}`.split(/\r\n|\r|\n/);
}
