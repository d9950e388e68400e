/** Bytes of a command file that are read; a larger one is refused whole. */
export const largestCommandFile = 1024 * 1024;

/** Why a command file could not be read to its end, with the 1-based line. */
export interface CommandFileProblem {
  readonly line: number;
  readonly message: string;
}

/** Pairs in the order of the file, those before a problem included; a name may come more than once, the last one wins. */
export interface CommandFilePairs {
  readonly pairs: readonly (readonly [name: string, value: string])[];
  readonly problem?: CommandFileProblem;
}

interface FileLine {
  readonly text: string;
  /** `''` for a last line without an end. */
  readonly end: '\n' | '\r\n' | '';
}

/**
 * Reads what a step wrote to its output or env file, by GitHub's rules
 * (https://docs.github.com/actions/reference/workflow-commands-for-github-actions#multiline-strings):
 * `NAME=VALUE`, or `NAME<<DELIMITER`, lines, and a line that is exactly the delimiter. Whichever of `=` and `<<` comes
 * first decides. Empty lines are skipped. A line that ends in `\r\n` is read without the `\r`; within a heredoc the
 * line ends between its lines are kept as they are. Bytes that are not UTF-8 became U+FFFD.
 */
export function parsePairs(bytes: Uint8Array): CommandFilePairs {
  if (bytes.length > largestCommandFile) {
    return { pairs: [], problem: tooLarge(bytes.length) };
  }
  const lines = cutLines(decode(bytes));
  const pairs: [string, string][] = [];
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] as FileLine;
    if (line.text === '') {
      at += 1;
      continue;
    }
    const read = readPair(lines, at);
    if ('message' in read) {
      return { pairs, problem: read };
    }
    pairs.push(read.pair);
    at = read.next;
  }
  return { pairs };
}

/** Reads a path file: one entry a line, empty lines skipped, in the order of the file. */
export function parsePaths(bytes: Uint8Array): {
  readonly paths: readonly string[];
  readonly problem?: CommandFileProblem;
} {
  if (bytes.length > largestCommandFile) {
    return { paths: [], problem: tooLarge(bytes.length) };
  }
  const lines = cutLines(decode(bytes)).map((line) => line.text);
  const bad = lines.findIndex((line) => line.includes('\0'));
  const paths = (bad === -1 ? lines : lines.slice(0, bad)).filter((line) => line.trim() !== '');
  return bad === -1 ? { paths } : { paths, problem: { line: bad + 1, message: 'a path holds a NUL byte' } };
}

/** Why a step may not set this variable for later steps, or `undefined` when it may. */
export function refusedVariable(name: string): string | undefined {
  if (name.toUpperCase() === 'NODE_OPTIONS') {
    return 'NODE_OPTIONS would change every later Node program';
  }
  const prefix = ['GITHUB_', 'RUNNER_', 'LIGHTV_'].find((start) => name.toUpperCase().startsWith(start));
  return prefix === undefined ? undefined : `names that start with ${prefix} belong to the runner`;
}

type Read = { readonly pair: [string, string]; readonly next: number } | CommandFileProblem;

function readPair(lines: readonly FileLine[], at: number): Read {
  const { text } = lines[at] as FileLine;
  const [equals, heredoc] = [text.indexOf('='), text.indexOf('<<')];
  if (text.includes('\0')) {
    return { line: at + 1, message: 'a NUL byte stands where NAME=VALUE is expected' };
  }
  if (equals !== -1 && (heredoc === -1 || equals < heredoc)) {
    const name = text.slice(0, equals);
    return name === ''
      ? { line: at + 1, message: 'the name before "=" is empty' }
      : { pair: [name, text.slice(equals + 1)], next: at + 1 };
  }
  if (heredoc === -1) {
    return { line: at + 1, message: `${quote(text)} is neither NAME=VALUE nor NAME<<DELIMITER` };
  }
  return readHeredoc(lines, at, text.slice(0, heredoc), text.slice(heredoc + 2));
}

function readHeredoc(lines: readonly FileLine[], at: number, name: string, delimiter: string): Read {
  if (name === '' || delimiter === '') {
    return { line: at + 1, message: `the ${name === '' ? 'name before' : 'delimiter after'} "<<" is empty` };
  }
  let value = '';
  let lineEnd = '';
  for (let next = at + 1; next < lines.length; next += 1) {
    const { text, end } = lines[next] as FileLine;
    if (text === delimiter) {
      return value.includes('\0')
        ? { line: at + 1, message: `the value of ${quote(name)} holds a NUL byte` }
        : { pair: [name, value], next: next + 1 };
    }
    value += lineEnd + text;
    lineEnd = end;
  }
  const missing = `no line after it is exactly ${quote(delimiter)}`;
  return { line: at + 1, message: `${quote(name)} is opened with ${quote(`<<${delimiter}`)}, but ${missing}` };
}

function cutLines(text: string): FileLine[] {
  const lines: FileLine[] = [];
  for (let from = 0; from < text.length; ) {
    const at = text.indexOf('\n', from);
    const stop = at === -1 ? text.length : at;
    const returned = at > from && text[at - 1] === '\r';
    lines.push({
      text: text.slice(from, returned ? stop - 1 : stop),
      end: at === -1 ? '' : returned ? '\r\n' : '\n',
    });
    from = stop + 1;
  }
  return lines;
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder('utf-8').decode(bytes);
}

function tooLarge(bytes: number): CommandFileProblem {
  return { line: 1, message: `the file has ${bytes} bytes, ${largestCommandFile} are allowed` };
}

function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
