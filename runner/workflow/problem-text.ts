import type { Place, Problem } from '../model/problem.ts';

/** What a problem's text is put together from. */
interface ProblemParts {
  /** `file:line:column`, or '' when the problem has no place. */
  readonly where: string;
  readonly message: string;
  /** The source line, cut to what fits, its control characters made blank. */
  readonly source?: string;
  /** Blanks and carets that stand under the stretch of `source` when both are printed in a fixed-width font. */
  readonly caret?: string;
}

/** Columns a source line may take; longer ones are cut around the caret. */
const maxWidth = 100;

/**
 * `file:line:column: message` and, where the file's text is given and has that line, the line and a caret under the
 * stretch. The places' files are printed as they are.
 */
export function renderProblem(problem: Problem, sourceText?: string): string {
  const { where, message, source, caret } = problemParts(problem, sourceText);
  const head = where === '' ? message : `${where}: ${message}`;
  return source === undefined ? head : `${head}\n  ${source}\n  ${caret}`;
}

function problemParts({ message, place }: Problem, sourceText?: string): ProblemParts {
  if (place === undefined) {
    return { where: '', message };
  }
  const where = `${place.file}:${place.line}:${place.column}`;
  const line = sourceText?.split(/\r\n|\n|\r/, place.line)[place.line - 1];
  // Below an empty line a caret points at nothing.
  return line === undefined || line.trim() === '' ? { where, message } : { where, message, ...sourceLine(line, place) };
}

function sourceLine(line: string, place: Place): { source: string; caret: string } {
  const start = Math.min(place.column - 1, line.length);
  const end = Math.min(start + Math.max(1, place.length ?? 1), Math.max(line.length, start + 1));
  const before = cells(line.slice(0, start));
  const marked = cells(line.slice(start, end));
  const after = cells(line.slice(end));
  const room = maxWidth - Math.min(width(marked), maxWidth / 2);
  const head = keepEnd(before, Math.max(room - Math.min(width(after), room / 2), room / 2));
  const body = keepStart(marked, maxWidth / 2);
  const tail = keepStart(after, maxWidth - width(head) - width(body));
  return {
    source: [...head, ...body, ...tail]
      .map((cell) => cell.text)
      .join('')
      .trimEnd(),
    caret: `${' '.repeat(width(head))}${'^'.repeat(Math.max(1, width(body)))}`,
  };
}

interface Cell {
  readonly text: string;
  readonly width: number;
}

const ellipsis: Cell = { text: '…', width: 1 };

/** What a text takes on a terminal, one user-perceived character a cell. */
function cells(text: string): Cell[] {
  return [...new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)].map(({ segment }) => {
    if (segment === '\t') {
      return { text: '    ', width: 4 };
    }
    return /^[\p{Cc}\p{Cf}]+$/u.test(segment)
      ? { text: ' ', width: 1 }
      : { text: segment, width: isWide(segment) ? 2 : 1 };
  });
}

/** East Asian wide and full-width characters, and emoji, take two columns (Unicode Standard Annex 11). */
function isWide(segment: string): boolean {
  return /^(?:\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}])/u.test(
    segment,
  );
}

function width(list: readonly Cell[]): number {
  return list.reduce((sum, cell) => sum + cell.width, 0);
}

function keepStart(list: readonly Cell[], room: number): Cell[] {
  if (width(list) <= room) {
    return [...list];
  }
  const kept: Cell[] = [];
  let used = ellipsis.width;
  for (const cell of list) {
    used += cell.width;
    if (used > room) {
      break;
    }
    kept.push(cell);
  }
  return [...kept, ellipsis];
}

function keepEnd(list: readonly Cell[], room: number): Cell[] {
  return keepStart(list.toReversed(), room).toReversed();
}
