import { basename } from 'node:path';
import type { Dialect } from '../model/workflow.ts';
import { StepFailure } from './ending.ts';

/** How a script is run. */
export interface ShellUse {
  /** The script's file name; some programs go by its extension. */
  readonly file: string;
  /** The command for a script at `path`. */
  argv(path: string): string[];
}

const known: ReadonlyMap<string, { readonly words: readonly string[]; readonly file: string }> = new Map([
  ['bash', { words: ['bash', '--noprofile', '--norc', '-eo', 'pipefail', '{0}'], file: 'script.sh' }],
  ['sh', { words: ['sh', '-e', '{0}'], file: 'script.sh' }],
  ['python', { words: ['python3', '{0}'], file: 'script.py' }],
  ['node', { words: ['node', '{0}'], file: 'script.js' }],
  ['pwsh', { words: ['pwsh', '-command', ". '{0}'"], file: 'script.ps1' }],
]);

/**
 * The shell of a step: `wanted` is a name or a command line that holds `{0}`; without it bash where the image has one,
 * else sh. `shells` are the image's, absolute. Throws a `StepFailure` for what is neither. A GitHub step that names no
 * shell gets bash without `pipefail`, one that names bash gets it; in a container it gets sh, whatever there is.
 */
export function chooseShell(
  wanted: string | undefined,
  shells: readonly string[],
  dialect: Dialect,
  inContainer = false,
): ShellUse {
  const blank = (wanted ?? '').trim() === '';
  if (blank && inContainer) {
    return shellUse({ words: ['sh', '-e', '{0}'], file: 'script.sh' }, shells);
  }
  const hasBash = shells.some((shell) => basename(shell) === 'bash');
  if (dialect === 'github' && hasBash && blank) {
    return shellUse({ words: ['bash', '-e', '{0}'], file: 'script.sh' }, shells);
  }
  const name = wanted === undefined || wanted.trim() === '' ? (hasBash ? 'bash' : 'sh') : wanted.trim();
  return shellUse(known.get(name) ?? custom(name), shells);
}

function shellUse(
  shell: { readonly words: readonly string[]; readonly file: string },
  shells: readonly string[],
): ShellUse {
  return {
    file: shell.file,
    argv: (path) => shell.words.map((word, at) => (at === 0 ? inImage(word, shells) : word.replaceAll('{0}', path))),
  };
}

function custom(line: string): { readonly words: readonly string[]; readonly file: string } {
  const words = splitWords(line);
  if (!words.some((word, at) => at > 0 && word.includes('{0}'))) {
    const names = [...known.keys()].join(', ');
    throw new StepFailure('not-started', `the shell "${line}" is none of ${names} and no command line that holds {0}`);
  }
  return { words, file: 'script' };
}

function inImage(program: string, shells: readonly string[]): string {
  return shells.find((shell) => basename(shell) === program) ?? program;
}

/** Words of a command line; quotes of both kinds keep blanks together. */
function splitWords(line: string): string[] {
  const words = line.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? [];
  return words.map((word) => word.replaceAll(/"([^"]*)"|'([^']*)'/g, (_, double, single) => double ?? single ?? ''));
}
