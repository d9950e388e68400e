import { LineCounter, parseDocument, type YAMLError } from 'yaml';

/** Repairs of one file; who needs more has written something else. */
const mostRepairs = 50;

/** A place where blanks were put in. */
interface Insertion {
  /** In the text that has them. */
  readonly offset: number;
  readonly length: number;
}

/**
 * YAML that GitHub's reader takes and the standard does not, made standard with blanks: a comment right behind `]`, and a
 * text in quotes that goes on in a line no deeper than its key. `lines` gives the places that the file itself has.
 */
export function repairYaml(source: string): { readonly text: string; readonly lines: LineCounter } {
  const insertions: Insertion[] = [];
  let text = source;
  for (let count = 0; count < mostRepairs; count += 1) {
    const insertion = nextRepair(text);
    if (insertion === undefined) {
      break;
    }
    const { offset, length } = insertion;
    text = `${text.slice(0, offset)}${' '.repeat(length)}${text.slice(offset)}`;
    insertions.push(insertion);
  }
  return { text, lines: new RepairedLines(insertions) };
}

function nextRepair(text: string): Insertion | undefined {
  const [error] = parseDocument(text, { prettyErrors: false, uniqueKeys: false, logLevel: 'silent' }).errors;
  return error === undefined ? undefined : repairAt(error, text);
}

function repairAt({ message, pos }: YAMLError, text: string): Insertion | undefined {
  const [at] = pos;
  if (message.startsWith('Comments must be separated') && text[at] === '#') {
    return { offset: at, length: 1 };
  }
  if (!message.startsWith('Missing closing')) {
    return undefined;
  }
  const line = /[^\S\n]*\n(?:[^\S\n]*\n)*([^\S\n]*)\S/y;
  line.lastIndex = at;
  const found = line.exec(text);
  const indent = found?.[1]?.length ?? 0;
  const deeper = deepest(text) + 1 - indent;
  return found === null || deeper <= 0 ? undefined : { offset: line.lastIndex - 1, length: deeper };
}

/** Columns that the file's deepest line begins behind, dashes of lists counted. */
function deepest(text: string): number {
  return Math.max(...text.split('\n').map((line) => /^[ -]*/.exec(line)?.[0].length ?? 0));
}

/** Counts columns without the blanks that were put in. */
class RepairedLines extends LineCounter {
  readonly #insertions: readonly Insertion[];

  constructor(insertions: readonly Insertion[]) {
    super();
    this.#insertions = insertions;
    const linePos = this.linePos;
    this.linePos = (offset: number) => {
      const { line, col } = linePos(offset);
      const start = offset - col + 1;
      const extra = this.#insertions
        .filter((insertion) => insertion.offset >= start && insertion.offset < offset)
        .reduce((sum, { length }) => sum + length, 0);
      return { line, col: Math.max(1, col - extra) };
    };
  }
}
