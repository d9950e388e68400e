import type { StreamName } from '../model/machine.ts';
import { LineCutter, longestLine, type RawPiece } from './line-cutter.ts';
import { type LogCommand, parseCommand, resumesCommands } from './log-command.ts';
import { joined, type Masks, maskText, mostAdded, replaceSpans, type Span } from './masks.ts';

/** A line fit to be shown. */
export interface LogLine {
  readonly stream: StreamName;
  /** Masked, without its line end. */
  readonly text: string;
  /** The line was too long and goes on in this stream's next one. */
  readonly continued: boolean;
  /** What the raw line told the runner; its texts are not masked. */
  readonly command?: LogCommand;
}

/** The guest named more masks than a run holds; its output cannot be shown any further. */
export class TooManyMasks extends Error {
  constructor() {
    super(
      `the job named more values to mask than the ${mostAdded.values} values or ${mostAdded.units / 1024} KiB allowed`,
    );
    this.name = 'TooManyMasks';
  }
}

/** A token that stops commands is hidden above so many characters, since it starts them again. */
const shortestHiddenToken = 6;

interface StreamState {
  readonly cutter: LineCutter;
  /** Units at the start of the next piece that belong to a secret already shown as `***`. */
  hidden: number;
  /** The piece before, of the same line, ended in `***`. */
  endedHidden: boolean;
  /** The rest of this line is an `add-mask` value. */
  hideRest: boolean;
}

/**
 * One step's output, from bytes to lines: cut, commands read from the raw line, masked, in this order.
 * A mask named by a line hides that line's own echo and everything later on both streams. Not asynchronous; what a
 * call yields must be used before the next call. Throws `TooManyMasks`.
 */
export class StepLog {
  readonly #masks: Masks;
  readonly #streams: Record<StreamName, StreamState>;
  #stopToken: string | undefined;
  /** Commands may be stopped with a token that resumes by accident. */
  anyToken = false;

  constructor(masks: Masks, longest = longestLine) {
    this.#masks = masks;
    const stream = (): StreamState => ({
      cutter: new LineCutter(() => masks.holdBack, longest),
      hidden: 0,
      endedHidden: false,
      hideRest: false,
    });
    this.#streams = { stdout: stream(), stderr: stream() };
  }

  /** The lines a chunk of one stream completes. */
  *push(stream: StreamName, chunk: Uint8Array): Generator<LogLine> {
    for (const piece of this.#streams[stream].cutter.push(chunk)) {
      yield this.#show(stream, piece);
    }
  }

  /** The lines both streams left without a line end. The log may be pushed to again, for a further attempt. */
  *end(): Generator<LogLine> {
    for (const stream of ['stdout', 'stderr'] as const) {
      for (const piece of this.#streams[stream].cutter.end()) {
        yield this.#show(stream, piece);
      }
    }
    this.#stopToken = undefined;
  }

  #show(stream: StreamName, piece: RawPiece): LogLine {
    const state = this.#streams[stream];
    const command = piece.first ? this.#command(piece, state) : undefined;
    const text = this.#masked(piece, state);
    const line = { stream, text, continued: piece.continued };
    return command === undefined ? line : { ...line, command };
  }

  #command(piece: RawPiece, state: StreamState): LogCommand | undefined {
    const raw = own(piece);
    if (this.#stopToken !== undefined) {
      if (!piece.continued && resumesCommands(raw, this.#stopToken)) {
        this.#stopToken = undefined;
      }
      return undefined;
    }
    const command = parseCommand(raw, this.anyToken);
    if (command?.kind === 'stop-commands') {
      this.#stopToken = command.token;
      if (command.token.length > shortestHiddenToken) {
        this.#hide(command.token);
      }
    }
    if (command?.kind === 'add-mask') {
      state.hideRest = piece.continued;
      this.#hide(command.value);
    }
    return command;
  }

  #hide(value: string): void {
    if (!this.#masks.addBounded(value)) {
      throw new TooManyMasks();
    }
  }

  #masked(piece: RawPiece, state: StreamState): string {
    if (state.hideRest) {
      return this.#maskedRest(piece, state);
    }
    const length = piece.text.length - piece.ahead;
    const known = this.#masks.spans(piece.text).filter((span) => span.start < length);
    const spans = state.hidden > 0 ? joined([{ start: 0, end: state.hidden }, ...known]) : known;
    const text = replaceSpans(own(piece), clipped(spans, length));
    const goesOn = state.endedHidden && spans[0]?.start === 0;
    const last = spans.at(-1)?.end ?? 0;
    state.hidden = piece.continued ? Math.max(0, last - length) : 0;
    state.endedHidden = piece.continued && last >= length;
    return goesOn ? text.slice(maskText.length) : text;
  }

  /** An `add-mask` line that is too long: only its head is looked at, none of its value is shown. */
  #maskedRest(piece: RawPiece, state: StreamState): string {
    state.hideRest = piece.continued;
    state.hidden = 0;
    state.endedHidden = false;
    return piece.first ? `::add-mask::${maskText}` : '';
  }
}

function own(piece: RawPiece): string {
  return piece.ahead === 0 ? piece.text : piece.text.slice(0, piece.text.length - piece.ahead);
}

function clipped(spans: readonly Span[], length: number): Span[] {
  return spans.filter((span) => span.start < length).map(({ start, end }) => ({ start, end: Math.min(end, length) }));
}
