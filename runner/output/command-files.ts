import type { Dialect } from '../model/workflow.ts';

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

/**
 * Reads what a step wrote to its output or env file, by GitHub's rules
 * (https://docs.github.com/actions/reference/workflow-commands-for-github-actions#multiline-strings):
 * `NAME=VALUE`, or `NAME<<DELIMITER`, lines, and a line that is exactly the delimiter. Whichever of `=` and `<<` comes
 * first decides. Empty lines are skipped. As on Linux there, a line ends with `\n` alone: a `\r` before it belongs to
 * the line. Bytes that are not UTF-8 became U+FFFD.
 */
export function parsePairs(bytes: Uint8Array): CommandFilePairs {
  if (bytes.length > largestCommandFile) {
    return { pairs: [], problem: tooLarge(bytes.length) };
  }
  const lines = cutLines(decode(bytes));
  const pairs: [string, string][] = [];
  for (let at = 0; at < lines.length; ) {
    if (lines[at] === '') {
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
  const lines = cutLines(decode(bytes)).map((line) => line.replace(/\r$/, ''));
  const bad = lines.findIndex((line) => line.includes('\0'));
  const paths = (bad === -1 ? lines : lines.slice(0, bad)).filter((line) => line.trim() !== '');
  return bad === -1 ? { paths } : { paths, problem: { line: bad + 1, message: 'a path holds a NUL byte' } };
}

/**
 * Why a step may not set this variable for later steps, or `undefined` when it may. On GitHub names of the runner can be
 * set; what the runner says wins where it says something.
 */
export function refusedVariable(name: string, dialect: Dialect): string | undefined {
  if (name.toUpperCase() === 'NODE_OPTIONS') {
    return 'it would change every later Node program';
  }
  if (dialect === 'github') {
    return undefined;
  }
  const prefix = ['GITHUB_', 'RUNNER_', 'LIGHTV_'].find((start) => name.toUpperCase().startsWith(start));
  return prefix === undefined ? undefined : `names that start with ${prefix} belong to the runner`;
}

type Read = { readonly pair: [string, string]; readonly next: number } | CommandFileProblem;

function readPair(lines: readonly string[], at: number): Read {
  const text = lines[at] ?? '';
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

function readHeredoc(lines: readonly string[], at: number, name: string, delimiter: string): Read {
  if (name === '' || delimiter === '') {
    return { line: at + 1, message: `the ${name === '' ? 'name before' : 'delimiter after'} "<<" is empty` };
  }
  const end = lines.indexOf(delimiter, at + 1);
  if (end === -1) {
    const missing = `no line after it is exactly ${quote(delimiter)}`;
    return { line: at + 1, message: `${quote(name)} is opened with ${quote(`<<${delimiter}`)}, but ${missing}` };
  }
  const value = lines.slice(at + 1, end).join('\n');
  return value.includes('\0')
    ? { line: at + 1, message: `the value of ${quote(name)} holds a NUL byte` }
    : { pair: [name, value], next: end + 1 };
}

function cutLines(text: string): string[] {
  const lines = text.split('\n');
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
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
