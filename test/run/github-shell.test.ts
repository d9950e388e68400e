import test from 'ava';
import { githubShell } from '../../runner/run/github-shell.ts';

const both = ['/bin/bash', '/bin/sh'];
const argv = (wanted: string, shells: readonly string[] = both, inContainer = false) =>
  githubShell(wanted, shells, inContainer).argv('/t/s');

test('without a name: bash that does not look into pipes where there is one, else sh; in a container sh', (t) => {
  t.deepEqual(argv(''), ['/bin/bash', '-e', '/t/s']);
  t.deepEqual(argv('', ['/bin/sh']), ['/bin/sh', '-e', '/t/s']);
  t.deepEqual(argv('', both, true), ['/bin/sh', '-e', '/t/s']);
});

test("names stand for GitHub's words, and files have the extension of the program", (t) => {
  t.deepEqual(argv('bash'), ['/bin/bash', '--noprofile', '--norc', '-e', '-o', 'pipefail', '/t/s']);
  t.deepEqual(argv('python'), ['python', '/t/s']);
  t.deepEqual(argv('pwsh'), ['pwsh', '-command', ". '/t/s'"]);
  const file = (wanted: string) => githubShell(wanted, both).file;
  t.deepEqual(['bash -x {0}', 'python -u {0}', 'perl {0}'].map(file), ['script.sh', 'script.py', 'script']);
});

test('other programs take their words: double quotes hold together, single ones and backslashes do not', (t) => {
  t.deepEqual(argv(`perl -w "a  b" 'c d' "" x\\y "q \\" q" {0}`), [
    ...['perl', '-w', 'a  b', "'c", "d'", '', 'x\\y', 'q " q'],
    '/t/s',
  ]);
  t.deepEqual(argv('run --file={0}'), ['run', '--file=/t/s']);
  for (const wanted of ['fish', 'sh -e', 'node', 'bash -c ls']) {
    t.throws(() => argv(wanted), { message: /\{0\}/ }, wanted);
  }
});

test('PowerShell stops at errors and ends as its last program did', (t) => {
  const { script } = githubShell('pwsh', both);
  t.regex(script('x'), /^\$ErrorActionPreference = 'stop'\nx\nif .*exit \$LASTEXITCODE \}$/);
  t.is(githubShell('bash', both).script('x'), 'x');
});
