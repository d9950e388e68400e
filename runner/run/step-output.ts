import type { OutputSink, StreamName } from '../model/machine.ts';
import { type LogLine, StepLog } from '../output/step-log.ts';
import { StepFailure } from './ending.ts';
import type { JobMatchers, ReadGuestFile } from './job-matchers.ts';
import { LineCommands, type LineEffects, type TakenLine } from './line-commands.ts';
import type { Reporter } from './reporter.ts';

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
  readonly #matchers: JobMatchers | undefined;
  #commands: LineCommands | undefined;
  #read: ReadGuestFile = async () => undefined;
  #bytes = 0;
  #turn: Promise<void> = Promise.resolve();

  /** `matchers`: given where lines may tell more than text and masks. */
  constructor(
    report: Reporter,
    where: { readonly job: string; readonly step: string },
    limit: number,
    matchers?: JobMatchers,
  ) {
    this.#matchers = matchers;
    this.#commands = matchers === undefined ? undefined : new LineCommands();
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

  /** Says how files of the machine are read whose output comes next. */
  readFrom(read: ReadGuestFile): void {
    this.#read = read;
  }

  /** Writes the lines that had no line end. To be called when a command has ended, however it did. */
  async end(): Promise<void> {
    await this.#tell(this.#log.end());
  }

  /** What the lines so far told; the next ones start anew. */
  effects(): LineEffects {
    const effects = this.#commands?.effects ?? { outputs: {}, state: [] };
    this.#commands = this.#commands === undefined ? undefined : new LineCommands();
    return effects;
  }

  async #take(stream: StreamName, chunk: Uint8Array): Promise<void> {
    const left = this.#limit - this.#bytes;
    this.#bytes += chunk.length;
    await this.#tell(this.#log.push(stream, left < chunk.length ? chunk.subarray(0, Math.max(0, left)) : chunk));
    if (this.#bytes > this.#limit) {
      throw new StepFailure('log-limit', `the step wrote more than the ${this.#limit} bytes of output allowed`);
    }
  }

  async #taken(logged: LogLine): Promise<TakenLine> {
    if (this.#commands === undefined || this.#matchers === undefined) {
      return logged;
    }
    const taken = this.#commands.take(logged);
    if (taken.matchers !== undefined) {
      const why = await this.#matchers.change(taken.matchers, this.#read);
      return { text: why === undefined ? undefined : this.#commands.refused(why) };
    }
    const annotation =
      taken.annotation ?? (taken.text === undefined ? undefined : this.#matchers.annotation(taken.text));
    return annotation === undefined ? taken : { ...taken, annotation };
  }

  async #tell(lines: Iterable<LogLine>): Promise<void> {
    for (const logged of lines) {
      const { stream, line, continued } = logged;
      const { text, annotation } = await this.#taken(logged);
      if (annotation !== undefined) {
        await this.#report.write({ type: 'problem', ...this.#where, ...annotation });
      }
      if (text === undefined) {
        continue;
      }
      await this.#report.write({
        type: 'log',
        ...this.#where,
        stream,
        text,
        line,
        ...(continued ? { continued } : {}),
      });
    }
  }
}
