import { posix } from 'node:path';
import picomatch from 'picomatch';
import { StepFailure } from './ending.ts';

/** One pattern of `hashFiles()`, relative to the folder that is searched. */
interface GlobPattern {
  readonly out: boolean;
  /** Up to the first part with a wildcard. */
  readonly start: string;
  readonly fits: (path: string) => boolean;
}

const wildcards = /[*?[]/;

/**
 * The patterns of `hashFiles()` (https://github.com/actions/toolkit/tree/main/packages/glob): one a line, `#` comments, a
 * leading `!` takes out what was matched before; a pattern that names a folder takes all below it. Braces and extended
 * patterns mean nothing. What leads out of `folder` matches nothing. Throws a `StepFailure` for `.` or `..` inside one.
 */
export class GlobPatterns {
  readonly #patterns: readonly GlobPattern[];

  constructor(texts: readonly string[], folder: string) {
    const lines = texts.flatMap((text) => text.split(/\r?\n/)).map((line) => line.trim());
    this.#patterns = lines
      .filter((line) => line !== '' && !line.startsWith('#'))
      .flatMap((line) => readPattern(line, folder) ?? []);
  }

  /** Paths to search in, in the order of the patterns, none below another; `''` is the folder itself. */
  get starts(): readonly string[] {
    const all = this.#patterns.filter(({ out }) => !out).map(({ start }) => start);
    const inside = (path: string, other: string) => path !== other && isBelow(path, other);
    return [...new Set(all)].filter((path) => !all.some((other) => inside(path, other)));
  }

  matches(path: string): boolean {
    return this.#patterns.reduce((taken, { out, fits }) => (taken !== out || !fits(path) ? taken : !out), false);
  }
}

/** Whether a relative path is another or lies below it. */
export function isBelow(path: string, other: string): boolean {
  return other === '' || path === other || path.startsWith(`${other}/`);
}

function readPattern(line: string, folder: string): GlobPattern | undefined {
  const [, marks = '', text = ''] = /^(!*)(.*)$/.exec(line) ?? [];
  const inner = text.replace(/^(?:\.{1,2}\/)+/, '').split('/');
  if (inner.some((part) => part === '.' || part === '..') && !/^\.{1,2}$/.test(text)) {
    throw new StepFailure('expression', `hashFiles(): the pattern '${text}' has a "." or ".." inside`);
  }
  const whole = posix.resolve(folder, text);
  if (whole !== folder && !whole.startsWith(`${folder}/`)) {
    return undefined;
  }
  const path = whole.slice(folder.length + 1);
  const parts = path.split('/');
  const first = parts.findIndex((part) => wildcards.test(part));
  const wanted = path === '' ? ['**'] : text.endsWith('/') ? [`${path}/**/*`] : [path, `${path}/**`];
  return {
    out: marks.length % 2 === 1,
    start: first === -1 ? path : parts.slice(0, first).join('/'),
    fits: picomatch(wanted, { dot: true, nonegate: true, nobrace: true, noextglob: true }),
  };
}
