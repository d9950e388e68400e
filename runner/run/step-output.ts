import type { OutputSink, StreamName } from '../model/machine.ts';
import { type LogLine, StepLog } from '../output/step-log.ts';
import { longestMessage, mostOfOneLevel, type Told } from './annotation.ts';
import { StepFailure } from './ending.ts';
import type { JobMatchers, Match, ReadGuestFile } from './job-matchers.ts';
import { type CommandSetting, LineCommands, type LineEffects, noEffects, type TakenLine } from './line-commands.ts';
import type { Reporter } from './reporter.ts';

/** What is known of the command whose output comes next, where lines may tell more than text and masks. */
export interface CommandBegun extends CommandSetting {
  /** Commands may be stopped with a token that resumes by accident. */
  readonly anyToken: boolean;
  readonly read: ReadGuestFile;
  readonly matchers: JobMatchers;
}

/** A command's lines, as far as they tell something. */
interface Reading {
  readonly commands: LineCommands;
  readonly begun: CommandBegun;
  readonly watch: Record<StreamName, (text: string) => Match | undefined>;
}

/**
 * Takes a step's output, all attempts of it, and writes it as log events. A write resolves when the far side has every
 * line the chunk completed: the guest waits for that. Rejects with a `StepFailure` once the step wrote more than `limit`
 * bytes; what is below the limit is written.
 */
export class StepOutput implements OutputSink {
  readonly #report: Reporter;
  readonly #where: { readonly job: string; readonly step: string };
  readonly #limit: number;
  readonly #log: StepLog;
  readonly #told = new Map<Told['level'], number>();
  #reading: Reading | undefined;
  #bytes = 0;
  #line = 0;
  #turn: Promise<void> = Promise.resolve();

  constructor(report: Reporter, where: { readonly job: string; readonly step: string }, limit: number) {
    this.#report = report;
    this.#where = where;
    this.#limit = limit;
    this.#log = new StepLog(report.masks);
  }

  write(stream: StreamName, chunk: Uint8Array): Promise<void> {
    // Both streams may write at once, but lines are told in the order of their numbers.
    this.#turn = this.#turn.then(() => this.#take(stream, chunk));
    return this.#turn;
  }

  /** From now on lines may tell more than text and masks: GitHub's do. */
  begin(begun: CommandBegun): void {
    this.#log.anyToken = begun.anyToken;
    this.#reading = {
      commands: new LineCommands(begun),
      begun,
      watch: { stdout: begun.matchers.watch(), stderr: begun.matchers.watch() },
    };
  }

  /** Writes the lines that had no line end. To be called when a command has ended, however it did. */
  async end(): Promise<void> {
    await this.#tell(this.#log.end());
  }

  /** What the lines of the last command told. */
  effects(): LineEffects {
    return this.#reading?.commands.effects ?? noEffects;
  }

  /** Says something about the step, in its log too. */
  async tell(level: Told['level'], message: string): Promise<void> {
    await this.#annotate({ level, problem: { message } });
    const text = this.#report.masks.mask(`##[${level}]${message}`);
    await this.#show({ stream: 'stdout', text, continued: false }, text);
  }

  /** Beyond so many there is the log alone. */
  async #annotate(told: Told): Promise<void> {
    const before = this.#told.get(told.level) ?? 0;
    if (before >= mostOfOneLevel) {
      return;
    }
    this.#told.set(told.level, before + 1);
    const message = this.#report.masks.mask(told.problem.message).slice(0, longestMessage);
    await this.#report.write({ type: 'problem', ...this.#where, ...told, problem: { ...told.problem, message } });
  }

  async #take(stream: StreamName, chunk: Uint8Array): Promise<void> {
    const left = this.#limit - this.#bytes;
    this.#bytes += chunk.length;
    await this.#tell(this.#log.push(stream, left < chunk.length ? chunk.subarray(0, Math.max(0, left)) : chunk));
    if (this.#bytes > this.#limit) {
      throw new StepFailure('log-limit', `the step wrote more than the ${this.#limit} bytes of output allowed`);
    }
  }

  async #taken(logged: LogLine, { commands, begun, watch }: Reading): Promise<TakenLine> {
    if (logged.command === undefined) {
      // What GitHub's runner tells the parts of an action by is not for a step to say.
      const text = logged.text.replaceAll(/##\[(?=(?:start|end)-action)/g, '##[\\');
      const match = watch[logged.stream](text);
      return match === undefined ? { shown: [text] } : { shown: [match.shown], told: match.told };
    }
    const taken = commands.take(logged);
    const why = taken.matchers === undefined ? undefined : await begun.matchers.change(taken.matchers, begun.read);
    const { told, shown } = why === undefined ? taken : commands.refused(why);
    // What was escaped in the line is so no more.
    return { shown: shown.map((text) => this.#report.masks.mask(text)), ...(told === undefined ? {} : { told }) };
  }

  async #tell(lines: Iterable<LogLine>): Promise<void> {
    for (const logged of lines) {
      const { shown, told } =
        this.#reading === undefined ? { shown: [logged.text] } : await this.#taken(logged, this.#reading);
      if (told !== undefined) {
        await this.#annotate(told);
      }
      for (const text of shown) {
        await this.#show(logged, text);
      }
    }
  }

  async #show({ stream, continued }: LogLine, text: string): Promise<void> {
    this.#line += 1;
    const rest = { stream, text, line: this.#line, ...(continued ? { continued } : {}) };
    await this.#report.write({ type: 'log', ...this.#where, ...rest });
  }
}
