import { StepFailure } from './ending.ts';
import { inImage, type ShellUse } from './shell.ts';

/** What GitHub's runner puts behind a shell that it knows by name. */
const templates: ReadonlyMap<string, readonly string[]> = new Map([
  ['bash', ['--noprofile', '--norc', '-e', '-o', 'pipefail', '{0}']],
  ['sh', ['-e', '{0}']],
  ['python', ['{0}']],
  ['pwsh', ['-command', ". '{0}'"]],
  ['powershell', ['-command', ". '{0}'"]],
  ['cmd', ['/D', '/E:ON', '/V:OFF', '/S', '/C', 'CALL "{0}"']],
]);

const extensions: ReadonlyMap<string, string> = new Map([
  ['bash', '.sh'],
  ['sh', '.sh'],
  ['python', '.py'],
  ['pwsh', '.ps1'],
  ['powershell', '.ps1'],
  ['cmd', '.cmd'],
]);

/**
 * The shell of a step of GitHub's
 * (https://docs.github.com/actions/reference/workflow-syntax-for-github-actions#jobsjob_idstepsshell): `wanted` is the
 * name of one or a program with its words, `{0}` among them. Without it bash where the image has one, which does not
 * look at the inside of pipes then, else sh; in a container always sh. `shells` are the image's, absolute. Throws a `StepFailure` for what has no
 * place for the script.
 */
export function githubShell(wanted: string, shells: readonly string[], inContainer = false): ShellUse {
  const hasBash = !inContainer && shells.some((shell) => shell.endsWith('/bash'));
  if (wanted.trim() === '') {
    return shellUse(hasBash ? 'bash' : 'sh', ['-e', '{0}'], shells);
  }
  const space = wanted.indexOf(' ');
  const program = space === -1 ? wanted : wanted.slice(0, space);
  const given = space === -1 ? '' : wanted.slice(space + 1).trimStart();
  const words = given === '' ? (templates.get(program) ?? []) : splitWords(given);
  if (!words.some((word) => word.includes('{0}'))) {
    const names = [...templates.keys()].join(', ');
    throw new StepFailure('not-started', `the shell "${wanted}" is none of ${names} and no program with {0} behind it`);
  }
  return shellUse(program, words, shells);
}

function shellUse(program: string, words: readonly string[], shells: readonly string[]): ShellUse {
  return {
    program,
    file: `script${extensions.get(program) ?? ''}`,
    argv: (path) => [inImage(program, shells), ...words.map((word) => word.replaceAll('{0}', path))],
    script: (text) => framed(program, text),
  };
}

/** PowerShell goes on after an error unless it is told not to, and ends with 0 whatever its last program ended with. */
function framed(program: string, text: string): string {
  if (program === 'pwsh' || program === 'powershell') {
    const last = 'if ((Test-Path -LiteralPath variable:\\LASTEXITCODE)) { exit $LASTEXITCODE }';
    return `$ErrorActionPreference = 'stop'\n${text}\n${last}`;
  }
  return program === 'cmd' ? `@echo off\n${text}` : text;
}

/** Words of a command line: double quotes keep blanks together, a backslash takes a quote as it is. */
function splitWords(line: string): string[] {
  const words = line.match(/(?:[^\s"\\]|\\"|\\|"(?:[^"\\]|\\"|\\)*")+/g) ?? [];
  return words.map((word) => word.replaceAll(/\\"|"/g, (mark) => (mark === '"' ? '' : '"')));
}
