import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { machineTest } from '../machines.ts';
import { home, lightv, logOf, run, told } from './lightv.ts';

const who = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];

function git(cwd: string, ...args: string[]): string {
  return execFileSync('git', [...who, ...args], { cwd, encoding: 'utf8' }).trim();
}

/** Makes or changes a repository and commits it; the commit. */
function commit(repository: string, files: Record<string, string>): string {
  mkdirSync(repository, { recursive: true });
  git(repository, '-c', 'init.defaultBranch=main', 'init', '-q');
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(repository, path, '..'), { recursive: true });
    writeFileSync(join(repository, path), text);
  }
  git(repository, 'add', '-A');
  git(repository, 'commit', '-q', '-m', 'one');
  return git(repository, 'rev-parse', 'HEAD');
}

function says(word: string, uses = ''): string {
  return `runs: { using: composite, steps: [{ shell: sh, run: echo ${word} }${uses === '' ? '' : `, { uses: ${uses} }`}] }\n`;
}

/** A project that uses an action which uses another one, and one of its own that uses a third. */
function ground(folder: string) {
  const mirror = join(folder, 'mirror');
  const commits = {
    'octo/outer@main': commit(join(mirror, 'octo/outer'), { 'action.yml': says('outer', 'octo/inner@main') }),
    'octo/inner@main': commit(join(mirror, 'octo/inner'), { 'action.yml': says('inner') }),
    'octo/third@main': commit(join(mirror, 'octo/third'), { 'a/action.yml': says('third') }),
  };
  const top = join(folder, 'proj');
  const workflow = `on: push
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: octo/outer@main
      - uses: ./own
`;
  commit(top, { '.github/workflows/ci.yml': workflow, 'own/action.yml': says('own', 'octo/third/a@main') });
  commit(join(mirror, 'actions/checkout'), { 'action.yml': says('checkout') });
  git(join(mirror, 'actions/checkout'), 'tag', 'v4');
  const checkout = git(join(mirror, 'actions/checkout'), 'rev-parse', 'HEAD');
  const file = join(top, '.github/workflows/ci.yml');
  return { mirror, top, file, commits: { 'actions/checkout@v4': checkout, ...commits } };
}

function entriesOf(top: string): Record<string, string> {
  const text = readFileSync(join(top, '.github/lightv-actions.lock'), 'utf8');
  return Object.fromEntries([...text.matchAll(/^ {2}(\S+): "?([0-9a-f]{40})"?$/gm)].map(([, name, at]) => [name, at]));
}

test('lock writes the commit of every action, also of those inside others', async (t) => {
  const folder = home(t);
  const { mirror, top, commits } = ground(folder);
  const { code, stderr } = await lightv(t, folder, ['actions', 'lock', '--actions-mirror', mirror], { cwd: top });
  t.is(code, 0, stderr);
  t.deepEqual(entriesOf(top), commits);
});

machineTest('sandbox', 'a run holds to the lock when branches move, and tells what it does not name', async (t) => {
  const folder = home(t);
  const { mirror, top, file } = ground(folder);
  await lightv(t, folder, ['actions', 'lock', '--actions-mirror', mirror], { cwd: top });
  commit(join(mirror, 'octo/inner'), { 'action.yml': says('moved') });
  const args = ['--isolation', 'sandbox', '-P', 'ubuntu-latest=busybox', '--actions-mirror', mirror];
  const held = await run(t, folder, file, args);
  t.is(held.code, 0, told(held));
  t.is(logOf(held.events, 'a'), 'outer\ninner\nown\nthird');

  const lock = join(top, '.github/lightv-actions.lock');
  writeFileSync(lock, readFileSync(lock, 'utf8').replace(/^.*octo\/inner.*\n/m, ''));
  const open = await run(t, folder, file, args);
  t.is(logOf(open.events, 'a'), 'outer\nmoved\nown\nthird');
  const notices = open.events.flatMap((event) => (event.type === 'notice' ? [event.text] : []));
  t.true(notices.some((text) => text.startsWith('octo/inner@main is not in .github/lightv-actions.lock')));

  writeFileSync(lock, 'version: 1\nactions: { octo/inner@main: "1" }\n');
  const wrong = await run(t, folder, file, args);
  t.is(wrong.code, 2, told(wrong));
});
