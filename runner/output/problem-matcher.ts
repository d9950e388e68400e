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

/**
 * Finds problems in the lines of one job's steps. Matchers that came later are tried first; a later one of the same
 * owner takes the place of the earlier.
 */
export class ProblemMatchers {
  #matchers: Matcher[] = [];

  /** Throws a `SyntaxError` for a pattern that is no regular expression; nothing was added then. */
  add(definitions: readonly MatcherDefinition[]): void {
    const made = definitions.map((definition) => new Matcher(definition));
    for (const matcher of made) {
      this.remove(matcher.owner);
      this.#matchers.unshift(matcher);
    }
  }

  /** Those that are switched on, later ones first. */
  get definitions(): readonly MatcherDefinition[] {
    return this.#matchers.map(({ definition }) => definition);
  }

  /** Letter case does not matter; an owner nobody has is fine. */
  remove(owner: string): void {
    this.#matchers = this.#matchers.filter((matcher) => matcher.owner.toLowerCase() !== owner.toLowerCase());
  }

  /**
   * The problem that each line completes, if any. `onSlow` is called with the owner of a matcher that was taken out
   * because its expressions took too long again and again.
   */
  match(lines: readonly string[], onSlow: (owner: string) => void): readonly (MatchedProblem | undefined)[] {
    if (this.#matchers.length === 0) {
      return lines.map(() => undefined);
    }
    const bare = lines.map(withoutColours);
    const found = new Map(this.#matchers.map((matcher) => [matcher, matcher.look(bare)]));
    for (const matcher of [...this.#matchers]) {
      if (matcher.timeouts >= mostTimeouts) {
        this.remove(matcher.owner);
        onSlow(matcher.owner);
      }
    }
    return bare.map((_, at) => this.#first(at, found));
  }

  #first(at: number, found: ReadonlyMap<Matcher, readonly LineMatches[]>): MatchedProblem | undefined {
    for (const matcher of this.#matchers) {
      const parts = matcher.step(found.get(matcher)?.[at] ?? []);
      if (parts !== undefined) {
        this.#matchers.filter((other) => other !== matcher).forEach((other) => void other.reset());
        return problemOf(parts, matcher.definition);
      }
    }
    return undefined;
  }
}

type LineMatches = readonly (Groups | null)[];

/** One matcher and how far its patterns have come. */
class Matcher {
  readonly definition: MatcherDefinition;
  readonly #patterns: GuardedPatterns;
  #reached: (Parts | undefined)[] = [];
  timeouts = 0;

  constructor(definition: MatcherDefinition) {
    this.definition = definition;
    this.#patterns = new GuardedPatterns(definition.pattern.map(({ regexp }) => regexp));
  }

  get owner(): string {
    return this.definition.owner;
  }

  reset(): void {
    this.#reached = [];
  }

  /** What the patterns find in lines, before their order is looked at; nothing when they took too long. */
  look(lines: readonly string[]): readonly LineMatches[] {
    const found = this.#patterns.match(lines);
    this.timeouts += found === undefined ? 1 : 0;
    return found ?? [];
  }

  /** Takes one line; the parts of a problem when it was the last of one. */
  step(found: LineMatches): Parts | undefined {
    const { pattern: patterns } = this.definition;
    const last = patterns.length - 1;
    // From the last pattern to the first, since each goes on from where the one before stood a line ago.
    for (let at = last; at >= 0; at -= 1) {
      const before = at === 0 ? {} : this.#reached[at - 1];
      const groups = found[at] ?? null;
      const parts = before === undefined || groups === null ? undefined : partsOf(patterns[at], groups, before);
      if (at < last) {
        this.#reached[at] = parts;
      } else if (parts !== undefined) {
        if (patterns[at]?.loop !== true) {
          this.reset();
        }
        return parts;
      }
    }
    return undefined;
  }
}

function partsOf(pattern: MatcherPattern | undefined, groups: Groups, before: Parts): Parts {
  const own = matchedParts.flatMap((part) => {
    const number = pattern?.[part];
    const text = number === undefined ? undefined : groups[number];
    return text === undefined ? [] : [[part, text] as const];
  });
  return { ...before, ...Object.fromEntries(own) };
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

function withoutColours(line: string): string {
  return line.replaceAll(/\u001b\[[0-9;]*[A-Za-z]/g, '');
}
