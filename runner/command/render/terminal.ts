import { createLogUpdate } from 'log-update';
import pc from 'picocolors';
import type { Colors } from 'picocolors/types.js';
import type { RunEvent } from '../../model/event.ts';
import { cleanText } from './clean-text.ts';
import { LiveJobs } from './live.ts';
import { OnceTold } from './once-told.ts';
import { Pause } from './pause.ts';
import type { Excerpt, Out, Screen } from './screen.ts';
import { Summaries } from './summaries.ts';
import { ResultTable } from './table.ts';
import { type Line, linesBelow, linesFor, type Tone } from './wording.ts';

/** How often the live lines are drawn, in milliseconds; lines of output wait that long as well, to go out together. */
const drawEvery = 100;
/** Characters of waiting lines that make a writer wait for the terminal. */
const waitingBound = 64 * 1024;

/**
 * For people: a live line a running job, what jobs print above them, a table of results at the end. `stream` is a
 * terminal; `out` writes to it too, with back-pressure.
 */
export function terminalScreen(
  stream: NodeJS.WriteStream,
  out: Out,
  colours: boolean,
  excerpt: Excerpt = async () => [],
): Screen {
  return new TerminalScreen({ stream, out, colors: pc.createColors(colours), colours, excerpt });
}

interface TerminalOptions {
  readonly stream: NodeJS.WriteStream;
  readonly out: Out;
  readonly colors: Colors;
  readonly colours: boolean;
  readonly excerpt: Excerpt;
}

class TerminalScreen implements Screen {
  readonly #stream: NodeJS.WriteStream;
  readonly #out: Out;
  readonly #colors: Colors;
  readonly #colours: boolean;
  readonly #excerpt: Excerpt;
  readonly #live: ReturnType<typeof createLogUpdate>;
  readonly #jobs = new LiveJobs();
  readonly #summaries = new Summaries();
  readonly #table = new ResultTable();
  readonly #told = new OnceTold();
  readonly #pause = new Pause();
  readonly #timer: NodeJS.Timeout;
  readonly #palette: readonly ((text: string) => string)[];
  readonly #painters = new Map<string, (text: string) => string>();
  #waiting = '';
  #drawing: Promise<void> = Promise.resolve();

  constructor({ stream, out, colors, colours, excerpt }: TerminalOptions) {
    this.#stream = stream;
    this.#out = out;
    this.#colors = colors;
    this.#colours = colours;
    this.#excerpt = excerpt;
    this.#live = createLogUpdate(stream);
    this.#palette = [colors.cyan, colors.magenta, colors.yellow, colors.blue, colors.green];
    // What fails here is told by the next write or by close, which wait for the same drawing.
    this.#timer = setInterval(() => this.#pause.on || this.#draw().catch(() => undefined), drawEvery);
  }

  async write(event: RunEvent): Promise<void> {
    await this.#pause.over();
    if (this.#told.before(event)) {
      return;
    }
    this.#jobs.take(event);
    this.#summaries.take(event);
    this.#table.take(event);
    if (event.type === 'run-end') {
      this.#endOfRun();
    }
    const below = await linesBelow(event, this.#excerpt);
    for (const line of [...linesFor(event), ...below]) {
      this.#waiting += this.#text(line);
    }
    if (this.#waiting.length > waitingBound) {
      await this.#draw();
    }
  }

  async pause(): Promise<() => void> {
    const end = this.#pause.begin();
    await this.#draw();
    // The cursor comes back, too.
    this.#live.clear();
    this.#live.done();
    return end;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#draw();
    this.#live.clear();
    this.#live.done();
  }

  #endOfRun(): void {
    for (const line of this.#summaries.lines()) {
      this.#waiting += this.#text(line);
    }
    for (const line of this.#table.lines(this.#columns(), this.#colors)) {
      this.#waiting += `${line}\n`;
    }
  }

  /** One after the other: a slow terminal must not see two frames mixed. */
  #draw(): Promise<void> {
    this.#drawing = this.#drawing.then(async () => {
      if (this.#waiting !== '') {
        const text = this.#waiting;
        this.#waiting = '';
        this.#live.clear();
        await this.#out.write(text);
      }
      const rows = Math.max(1, (this.#stream.rows ?? 24) - 2);
      const lines = this.#jobs.lines(Date.now(), this.#columns(), rows, (job, text) => this.#painter(job)(text));
      if (lines.length === 0) {
        this.#live.clear();
      } else {
        this.#live(lines.join('\n'));
      }
    });
    return this.#drawing;
  }

  #columns(): number {
    return Math.max(10, (this.#stream.columns ?? 80) - 1);
  }

  #text({ job, text, tone, guest }: Line): string {
    const clean = cleanText(text, this.#colours && guest === true);
    const painted = guest === true ? clean : this.#tone(tone)(clean);
    return job === undefined ? `${painted}\n` : `${this.#painter(job)(`${cleanText(job, false)} |`)} ${painted}\n`;
  }

  #tone(tone: Tone): (text: string) => string {
    const { dim, green, red, yellow } = this.#colors;
    const painters = { plain: String, quiet: dim, good: green, bad: red, warning: yellow };
    return painters[tone];
  }

  #painter(job: string): (text: string) => string {
    const known = this.#painters.get(job) ?? this.#palette[this.#painters.size % this.#palette.length] ?? String;
    this.#painters.set(job, known);
    return known;
  }
}
