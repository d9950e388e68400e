import { type Groups, GuardedPatterns } from './guarded-patterns.ts';
import { type MatchedPart, type MatcherDefinition, type MatcherPattern, matchedParts } from './matcher-definition.ts';

/** A problem that a line of output completed. Texts are the line's own, not masked. */
export interface MatchedProblem {
  readonly severity: 'error' | 'warning' | 'notice';
  readonly message: string;
  readonly code?: string;
  readonly file?: string;
  /** The folder, or project file, that `file` is relative to. */
  readonly fromPath?: string;
  readonly line?: number;
  readonly column?: number;
}

type Parts = { readonly [P in MatchedPart]?: string };

/** Calls over a matcher's time after which it is taken out. */
const mostTimeouts = 3;

/** The matchers of one job. Those that came later are tried first; one takes the place of another of its owner. */
export class ProblemMatchers {
  #matchers: readonly Matcher[] = [];

  /** In the order in which they are tried. */
  get definitions(): readonly MatcherDefinition[] {
    return this.#matchers.map(({ definition }) => definition);
  }

  get all(): readonly Matcher[] {
    return this.#matchers;
  }

  /** Throws a `SyntaxError` for a pattern that is no regular expression; nothing was added then. */
  add(definitions: readonly MatcherDefinition[]): void {
    const made = definitions.map((definition) => new Matcher(definition));
    for (const matcher of made) {
      this.remove(matcher.owner);
      this.#matchers = [matcher, ...this.#matchers];
    }
  }

  /** Letter case does not matter; an owner nobody has is fine. */
  remove(owner: string): void {
    this.#matchers = this.#matchers.filter((matcher) => matcher.owner.toLowerCase() !== owner.toLowerCase());
  }

  /** Watches the lines of one stream: how far each matcher has come is its own. */
  watch(): MatcherWatch {
    return new MatcherWatch(this);
  }
}

/** One matcher, and how often its expressions took too long. */
class Matcher {
  readonly definition: MatcherDefinition;
  readonly #patterns: GuardedPatterns;
  timeouts = 0;

  constructor(definition: MatcherDefinition) {
    this.definition = definition;
    this.#patterns = new GuardedPatterns(definition.pattern.map(({ regexp }) => regexp));
  }

  get owner(): string {
    return this.definition.owner;
  }

  /** What each pattern finds in a line; nothing when they took too long. */
  look(line: string): readonly (Groups | null)[] {
    const found = this.#patterns.match([line]);
    this.timeouts += found === undefined ? 1 : 0;
    return found?.[0] ?? [];
  }
}

/** For each pattern but the last: what it and those before it found, a line ago at the latest. */
type Reached = (Parts | undefined)[];

/** Finds problems in lines that come one after the other. */
export class MatcherWatch {
  readonly #matchers: ProblemMatchers;
  #reached = new Map<Matcher, Reached>();

  constructor(matchers: ProblemMatchers) {
    this.#matchers = matchers;
  }

  /**
   * The problem that a line completes, if any. `onSlow` is called with the owner of a matcher that was taken out because
   * its expressions took too long again and again.
   */
  match(line: string, onSlow: (owner: string) => void): MatchedProblem | undefined {
    if (this.#matchers.all.length === 0) {
      return undefined;
    }
    const bare = withoutColours(line);
    for (const matcher of this.#matchers.all) {
      const parts = this.#step(matcher, matcher.look(bare));
      if (matcher.timeouts >= mostTimeouts) {
        this.#matchers.remove(matcher.owner);
        onSlow(matcher.owner);
      }
      if (parts !== undefined) {
        this.#reached = new Map([[matcher, this.#reached.get(matcher) ?? []]]);
        const problem = problemOf(parts, matcher.definition);
        if (problem !== undefined) {
          return problem;
        }
      }
    }
    return undefined;
  }

  /** Takes one line; the parts of a problem when it was the last of one. */
  #step(matcher: Matcher, found: readonly (Groups | null)[]): Parts | undefined {
    const { pattern: patterns } = matcher.definition;
    const reached = this.#reached.get(matcher) ?? [];
    const last = patterns.length - 1;
    // From the last pattern to the first, since each goes on from where the one before stood a line ago.
    for (let at = last; at >= 0; at -= 1) {
      const before = at === 0 ? {} : reached[at - 1];
      const groups = found[at] ?? null;
      const parts = before === undefined || groups === null ? undefined : partsOf(patterns[at], groups, before);
      if (at < last) {
        reached[at] = parts;
      } else if (parts !== undefined) {
        const loop = patterns[at]?.loop === true;
        this.#reached.set(matcher, loop ? reached.map((each, index) => (index === last - 1 ? each : undefined)) : []);
        return parts;
      }
    }
    this.#reached.set(matcher, reached);
    return undefined;
  }
}

function partsOf(pattern: MatcherPattern | undefined, groups: Groups, before: Parts): Parts {
  const own = matchedParts.flatMap((part) => {
    const number = pattern?.[part];
    const text = number === undefined ? undefined : groups[number];
    return text === undefined ? [] : [[part, text] as const];
  });
  return { ...Object.fromEntries(own), ...before };
}

function problemOf(parts: Parts, definition: MatcherDefinition): MatchedProblem | undefined {
  const severity = (parts.severity ?? definition.severity ?? 'error').toLowerCase();
  const { message = '', code, file, fromPath = definition.fromPath } = parts;
  if (message.trim() === '' || !isSeverity(severity)) {
    return undefined;
  }
  const [line, column] = [whole(parts.line), whole(parts.column)];
  return {
    severity,
    message,
    ...(code === undefined || code === '' ? {} : { code }),
    ...(file === undefined || file === '' ? {} : { file }),
    ...(fromPath === undefined || fromPath === '' ? {} : { fromPath }),
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
  };
}

function isSeverity(text: string): text is MatchedProblem['severity'] {
  return text === 'error' || text === 'warning' || text === 'notice';
}

function whole(text: string | undefined): number | undefined {
  return text !== undefined && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}

/** A line as it is looked at, and shown once something was found in it. */
export function withoutColours(line: string): string {
  return line.replaceAll(/\u001b\[[0-9;]*[A-Za-z]/g, '');
}
