import type { Problem } from '../model/problem.ts';
import type { Annotation, LogCommand } from '../output/log-command.ts';
import type { LogLine } from '../output/step-log.ts';

/** What a step told through the lines of its output. */
export interface LineEffects {
  readonly outputs: Readonly<Record<string, string>>;
  readonly state: readonly (readonly [name: string, value: string])[];
  /** Why the step fails for what it told; the first reason. */
  readonly failure?: string;
}

/** An annotation, with the text that its line is shown as. */
export interface TakenLine {
  /** `undefined`: the line is not shown. */
  readonly text: string | undefined;
  readonly annotation?: { readonly level: Annotation['level']; readonly problem: Problem };
  /** To be carried out before the next line. */
  readonly matchers?: Extract<LogCommand, { kind: 'add-matcher' | 'remove-matcher' }>;
}

const titles = { error: 'Error', warning: 'Warning', notice: 'Notice' } as const;

/**
 * Carries out the commands that GitHub's runner reads from lines
 * (https://docs.github.com/actions/reference/workflow-commands-for-github-actions). One for each command of a step.
 */
export class LineCommands {
  readonly #outputs: Record<string, string> = {};
  readonly #state: (readonly [string, string])[] = [];
  /** Lines of outputs and state, and of debugging, are shown when a step asks for it. */
  #echo = false;
  #failure: string | undefined;

  get effects(): LineEffects {
    const failure = this.#failure === undefined ? {} : { failure: this.#failure };
    return { outputs: this.#outputs, state: this.#state, ...failure };
  }

  take({ command, text }: LogLine): TakenLine {
    if (command === undefined) {
      return { text };
    }
    switch (command.kind) {
      case 'add-mask':
      case 'stop-commands':
        return { text };
      case 'set-output':
        this.#outputs[command.name] = command.value;
        return { text: this.#echoed(text) };
      case 'save-state':
        this.#state.push([command.name, command.value]);
        return { text: this.#echoed(text) };
      case 'echo':
        this.#echo = command.on;
        return { text: undefined };
      case 'debug':
        return { text: this.#echoed(`##[debug]${shownData(text)}`) };
      case 'group':
        return { text: `##[group]${shownData(text)}` };
      case 'end-group':
        return { text: '##[endgroup]' };
      case 'annotation':
        return annotated(command, text);
      case 'add-matcher':
      case 'remove-matcher':
        return { text: undefined, matchers: command };
      default:
        return { text: this.refused(refusal(command)) };
    }
  }

  #echoed(text: string): string | undefined {
    return this.#echo ? text : undefined;
  }

  /** Notes why the step fails; the line that is shown for it. */
  refused(why: string): string {
    this.#failure ??= why;
    return `Error: ${why}`;
  }
}

function refusal(command: LogCommand): string {
  switch (command.kind) {
    case 'wrong':
      return `the command '${command.command}' cannot be carried out: ${command.message}`;
    case 'set-env':
    case 'add-path': {
      const file = command.kind === 'set-env' ? 'GITHUB_ENV' : 'GITHUB_PATH';
      return `the command '${command.kind}' is switched off, since output is not to be trusted; write to the file ${file} instead`;
    }
    default:
      return `the command '${command.kind}' is not there yet`;
  }
}

function annotated(annotation: Annotation, shown: string): TakenLine {
  const { level, title, file, line, column } = annotation;
  const text = shownData(shown);
  const message = title === undefined ? text : `${title}: ${text}`;
  const place = file === undefined ? {} : { place: { file, line: line ?? 1, column: column ?? 1 } };
  return { text: `${titles[level]}: ${text}`, annotation: { level, problem: { message, ...place } } };
}

/** What stands behind a command in a line that was masked; more than one line of it becomes one. */
function shownData(text: string): string {
  const data = /^\s*::[\w-]+(?:\s+[^\n]*?)?::([\s\S]*)$/.exec(text)?.[1] ?? text.replace(/^[\s\S]*?##\[[^\]]*\]/, '');
  return data.replaceAll(/%0D|%0A/g, ' ').replaceAll('%25', '%');
}
