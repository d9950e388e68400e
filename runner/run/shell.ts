import { basename } from 'node:path';
import { StepFailure } from './ending.ts';

/** How a script is run. */
export interface ShellUse {
  /** The shell's name. */
  readonly program: string;
  /** The script's file name; some programs go by its extension. */
  readonly file: string;
  /** The command for a script at `path`. */
  argv(path: string): string[];
  /** The script as it is run. */
  script(text: string): string;
}

interface KnownShell {
  readonly words: readonly string[];
  readonly file: string;
}

const known: ReadonlyMap<string, KnownShell> = new Map([
  ['bash', { words: ['bash', '--noprofile', '--norc', '-eo', 'pipefail', '{0}'], file: 'script.sh' }],
  ['sh', { words: ['sh', '-e', '{0}'], file: 'script.sh' }],
  ['python', { words: ['python3', '{0}'], file: 'script.py' }],
  ['node', { words: ['node', '{0}'], file: 'script.js' }],
  ['pwsh', { words: ['pwsh', '-command', ". '{0}'"], file: 'script.ps1' }],
]);

/**
 * The shell of a step: `wanted` is a name or a command line that holds `{0}`; without it bash where the image has one,
 * else sh. `shells` are the image's, absolute. Throws a `StepFailure` for what is neither.
 */
export function chooseShell(wanted: string, shells: readonly string[]): ShellUse {
  const hasBash = shells.some((shell) => basename(shell) === 'bash');
  const name = wanted.trim() === '' ? (hasBash ? 'bash' : 'sh') : wanted.trim();
  const { words, file } = known.get(name) ?? custom(name);
  const [program = '', ...rest] = words;
  return {
    program,
    file,
    argv: (path) => [inImage(program, shells), ...rest.map((word) => word.replaceAll('{0}', path))],
    script: (text) => text,
  };
}

/** Where an image has a shell; its name, to be looked for, where it does not say. */
export function inImage(program: string, shells: readonly string[]): string {
  return shells.find((shell) => basename(shell) === program) ?? program;
}

function custom(line: string): KnownShell {
  const words = splitWords(line);
  if (!words.some((word, at) => at > 0 && word.includes('{0}'))) {
    const names = [...known.keys()].join(', ');
    throw new StepFailure('not-started', `the shell "${line}" is none of ${names} and no command line that holds {0}`);
  }
  return { words, file: 'script' };
}

/** Words of a command line; quotes of both kinds keep blanks together. */
function splitWords(line: string): string[] {
  const words = line.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? [];
  return words.map((word) => word.replaceAll(/"([^"]*)"|'([^']*)'/g, (_, double, single) => double ?? single ?? ''));
}
