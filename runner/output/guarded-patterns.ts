import { type Context, createContext, runInContext, Script } from 'node:vm';

/** Milliseconds that the patterns of a guest may take for one call. */
const mostTime = 1000;

const match = new Script('texts.map((text) => patterns.map((pattern) => pattern.exec(text)))');

/** Groups of a match: the whole first, `undefined` for a group that took no part. */
export type Groups = readonly (string | undefined)[];

/**
 * Regular expressions that a guest wrote, matched under a deadline: an expression can be made to take years, and the
 * engine can only be stopped from outside of it.
 */
export class GuardedPatterns {
  readonly #context: Context = createContext(Object.create(null));

  /** Throws a `SyntaxError` for what is no expression. */
  constructor(sources: readonly string[]) {
    this.#context.sources = sources;
    runInContext('patterns = sources.map((source) => new RegExp(source))', this.#context, { timeout: mostTime });
  }

  /** For each text, what each expression found in it; `undefined` when that took longer than a second. */
  match(texts: readonly string[]): readonly (readonly (Groups | null)[])[] | undefined {
    this.#context.texts = texts;
    try {
      return match.runInContext(this.#context, { timeout: mostTime });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') {
        return undefined;
      }
      throw error;
    }
  }
}
