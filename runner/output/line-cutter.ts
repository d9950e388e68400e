/** A line longer than this many UTF-16 units is cut into pieces. */
export const longestLine = 64 * 1024;

/** A piece of a stream's text: a whole line, or a part of one that is too long to hold. */
export interface RawPiece {
  readonly text: string;
  /** Units at the end of `text` that belong to the next piece, and are here only for what they may complete. */
  readonly ahead: number;
  /** False for the second and later pieces of a line. */
  readonly first: boolean;
  /** The line goes on in the next piece. */
  readonly continued: boolean;
}

/**
 * Cuts one stream's bytes into lines, whatever the chunks are: UTF-8 with U+FFFD for bytes that are none, ended by
 * `\n` or `\r\n`. Pieces of over-long lines are cut at the same places for any chunking, and never within a character.
 * Holds at most `longestLine` + `holdBack()` units and one chunk.
 */
export class LineCutter {
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  readonly #holdBack: () => number;
  readonly #longest: number;
  #pending = '';
  #first = true;

  /** `holdBack`: how many units of a line must be known beyond a cut; asked before each. `longest` is at least 2. */
  constructor(holdBack: () => number, longest = longestLine) {
    this.#holdBack = holdBack;
    this.#longest = longest;
  }

  /** The pieces a chunk completes, in order; each is to be worked on before the next is asked for. */
  *push(chunk: Uint8Array): Generator<RawPiece> {
    yield* this.#take(this.#decoder.decode(chunk, { stream: true }));
  }

  /** What is left when the stream has ended: the last line, when no line end came. */
  *end(): Generator<RawPiece> {
    yield* this.#take(this.#decoder.decode());
    if (this.#pending !== '') {
      yield* this.#finishLine();
    }
  }

  *#take(text: string): Generator<RawPiece> {
    let from = 0;
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', from)) {
      this.#pending += text.slice(from, at);
      from = at + 1;
      if (this.#pending.endsWith('\r')) {
        this.#pending = this.#pending.slice(0, -1);
      }
      yield* this.#finishLine();
    }
    this.#pending += text.slice(from);
    // One unit more than needed: a `\r` that turns out to end the line must not leave an empty piece.
    while (this.#pending.length > this.#longest + this.#holdBack() + 1) {
      yield this.#cut();
    }
  }

  *#finishLine(): Generator<RawPiece> {
    while (this.#pending.length > this.#longest) {
      yield this.#cut();
    }
    const piece = { text: this.#pending, ahead: 0, first: this.#first, continued: false };
    this.#pending = '';
    this.#first = true;
    yield piece;
  }

  #cut(): RawPiece {
    const text = this.#pending.slice(0, this.#longest + this.#holdBack());
    const at = splitsPair(this.#pending, this.#longest) ? this.#longest - 1 : this.#longest;
    const piece = { text, ahead: text.length - at, first: this.#first, continued: true };
    this.#pending = this.#pending.slice(at);
    this.#first = false;
    return piece;
  }
}

function splitsPair(text: string, at: number): boolean {
  const [before, after] = [text.charCodeAt(at - 1), text.charCodeAt(at)];
  return before >= 0xd800 && before < 0xdc00 && after >= 0xdc00 && after < 0xe000;
}
