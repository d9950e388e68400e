import { posix } from 'node:path';
import { causeText } from '../host/fault.ts';
import type { LogCommand } from '../output/log-command.ts';
import { type MatcherDefinition, readMatchers } from '../output/matcher-definition.ts';
import { ProblemMatchers, withoutColours } from '../output/problem-matcher.ts';
import { matched, type Told, warned } from './annotation.ts';

/** Reads a file of the machine by its absolute path; `undefined` where there is none. */
export type ReadGuestFile = (path: string) => Promise<string | undefined>;

type MatcherCommand = Extract<LogCommand, { kind: 'add-matcher' | 'remove-matcher' }>;

/** What a line says to be wrong, and what is shown for the line. */
export interface Match {
  readonly told: Told;
  readonly shown: string;
}

/** The problem matchers of one job: what its steps switched on, until they switch it off. */
export class JobMatchers {
  readonly #matchers = new ProblemMatchers();
  /** Absolute. */
  readonly #workspace: string;

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
  }

  /** Carries out a command of a line; why it cannot be, or `undefined`. */
  async change(command: MatcherCommand, read: ReadGuestFile): Promise<string | undefined> {
    try {
      if (command.kind === 'add-matcher') {
        this.#matchers.add(await this.#definitions(command.file, read));
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

  /** Looks at lines of one stream that were masked, one after the other. */
  watch(): (text: string) => Match | undefined {
    const watch = this.#matchers.watch();
    return (text) => {
      let slow: string | undefined;
      const found = watch.match(text, (owner) => {
        slow = owner;
      });
      if (found !== undefined) {
        const told = matched(found, this.#workspace);
        return { told, shown: `##[${told.level}]${withoutColours(text)}` };
      }
      if (slow === undefined) {
        return undefined;
      }
      const message = `the problem matcher '${slow}' is switched off: its patterns take too long`;
      return { told: warned(message), shown: text };
    };
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
