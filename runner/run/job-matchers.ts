import { posix } from 'node:path';
import { causeText } from '../host/fault.ts';
import type { Problem } from '../model/problem.ts';
import type { Annotation, LogCommand } from '../output/log-command.ts';
import { type MatcherDefinition, readMatchers } from '../output/matcher-definition.ts';
import { type MatchedProblem, ProblemMatchers } from '../output/problem-matcher.ts';

/** Reads a file of the machine by its absolute path; `undefined` where there is none. */
export type ReadGuestFile = (path: string) => Promise<string | undefined>;

type MatcherCommand = Extract<LogCommand, { kind: 'add-matcher' | 'remove-matcher' }>;

/** The problem matchers of one job: what its steps switched on, until they switch it off. */
export class JobMatchers {
  readonly #matchers = new ProblemMatchers();
  readonly #workspace: string;
  #any = false;

  constructor(workspace: string) {
    this.#workspace = workspace;
  }

  /** Those that are switched on, later ones first. */
  get definitions(): readonly MatcherDefinition[] {
    return this.#matchers.definitions;
  }

  /** Switches on what `definitions` was. */
  restore(definitions: readonly MatcherDefinition[]): void {
    this.#matchers.add([...definitions].reverse());
    this.#any ||= definitions.length > 0;
  }

  /** Carries out a command of a line; why it cannot be, or `undefined`. */
  async change(command: MatcherCommand, read: ReadGuestFile): Promise<string | undefined> {
    try {
      if (command.kind === 'add-matcher') {
        this.#matchers.add(await this.#definitions(command.file, read));
        this.#any = true;
        return undefined;
      }
      const owners = command.owner === undefined ? await this.#ownersIn(command.file ?? '', read) : [command.owner];
      for (const owner of owners) {
        this.#matchers.remove(owner);
      }
      return undefined;
    } catch (error) {
      return `the command '${command.kind}' cannot be carried out: ${causeText(error)}`;
    }
  }

  /** What a line that was masked says to be wrong. */
  annotation(text: string): { readonly level: Annotation['level']; readonly problem: Problem } | undefined {
    let slow: string | undefined;
    const [found] = this.#any ? this.#matchers.match([text], (owner) => (slow = owner)) : [];
    if (slow !== undefined) {
      const message = `the problem matcher '${slow}' is switched off: its patterns take too long`;
      return { level: 'warning', problem: { message } };
    }
    return found === undefined ? undefined : { level: found.severity, problem: this.#problem(found) };
  }

  #problem({ message, code, file, fromPath, line, column }: MatchedProblem): Problem {
    const text = code === undefined ? message : `${message} (${code})`;
    if (file === undefined) {
      return { message: text };
    }
    const base = fromPath === undefined ? '' : posix.dirname(fromPath);
    const path = file.startsWith('/') ? file : posix.join(base, file);
    const inside = path.startsWith(`${this.#workspace}/`) ? path.slice(this.#workspace.length + 1) : path;
    return { message: text, place: { file: inside, line: line ?? 1, column: column ?? 1 } };
  }

  async #ownersIn(file: string, read: ReadGuestFile): Promise<string[]> {
    return (await this.#definitions(file, read)).map(({ owner }) => owner);
  }

  async #definitions(file: string, read: ReadGuestFile): Promise<readonly MatcherDefinition[]> {
    const path = posix.isAbsolute(file) ? file : posix.join(this.#workspace, file);
    const text = await read(path);
    if (text === undefined) {
      throw new Error(`there is no file ${path}`);
    }
    return readMatchers(text);
  }
}
