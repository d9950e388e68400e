import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { WrongInput } from '../../../runner/host/fault.ts';
import { actionFetcher } from '../../../runner/provider/local/actions/fetch.ts';
import type { ActionLock } from '../../../runner/provider/local/actions/lock-file.ts';
import { folder, folderOfAll } from '../../ground/folder.ts';
import { never } from '../../ground/never.ts';
import { entriesOf } from '../../ground/tar.ts';

process.env.LIGHTV_CACHE_DIR = folderOfAll(test);

const who = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];

function git(cwd: string, ...args: string[]): string {
  return execFileSync('git', [...who, ...args], { cwd, encoding: 'utf8' }).trim();
}

/** A mirror that holds one repository with one commit; both paths and the commit. */
function mirrorOf(t: ExecutionContext, name: string, files: Record<string, string>) {
  const mirror = folder(t);
  const repository = join(mirror, name);
  mkdirSync(repository, { recursive: true });
  git(repository, 'init', '-q', '-b', 'main');
  git(repository, 'config', 'uploadpack.allowAnySHA1InWant', 'true');
  return { mirror, repository, commit: commit(repository, files) };
}

function commit(repository: string, files: Record<string, string>): string {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(repository, path, '..'), { recursive: true });
    writeFileSync(join(repository, path), text);
  }
  git(repository, 'add', '-A');
  git(repository, 'commit', '-q', '-m', 'one');
  return git(repository, 'rev-parse', 'HEAD');
}

function fetcher(mirror: string, more: { lock?: ActionLock } = {}) {
  const warnings: string[] = [];
  const fetch = actionFetcher({ run: 'test', mirror, warn: (sentence) => warnings.push(sentence), ...more });
  return { fetch, warnings };
}

test('a tag, a branch and a full commit give the commit, its files and its tar', async (t) => {
  const files = {
    'action.yml': 'name: a\n',
    'dist/index.js': 'x',
    'secret.txt': 'no',
    '.gitattributes': 'secret.txt export-ignore\n',
  };
  const { mirror, repository, commit: first } = mirrorOf(t, 'one/tagged', files);
  git(repository, 'tag', '-a', 'v1', '-m', 'annotated');
  const { fetch } = fetcher(mirror);
  for (const ref of ['v1', 'main', first]) {
    const fetched = await fetch('one/tagged', ref, never);
    t.is(fetched.commit, first, ref);
    t.is(await fetched.read('action.yml'), 'name: a\n');
    t.is(await fetched.read('dist/nothing.js'), undefined);
    t.is(await fetched.read('dist'), undefined);
    const entries = await entriesOf(fetched.tar(never));
    const names = entries.filter(({ type }) => type === 'file').map(({ name }) => name);
    t.deepEqual(names.sort(), ['.gitattributes', 'action.yml', 'dist/index.js']);
  }
});

test('a branch that moved is fetched anew by the next run, and a lock holds it where it was', async (t) => {
  const { mirror, repository, commit: first } = mirrorOf(t, 'one/moving', { 'action.yml': '1' });
  t.is((await fetcher(mirror).fetch('one/moving', 'main', never)).commit, first);
  const second = commit(repository, { 'action.yml': '2' });
  t.is((await fetcher(mirror).fetch('one/moving', 'main', never)).commit, second);
  const lock = { file: 'the lock', commits: new Map([['one/moving@main', first]]) };
  const held = await fetcher(mirror, { lock }).fetch('one/moving', 'main', never);
  t.is(held.commit, first);
  t.is(await held.read('action.yml'), '1');
});

test('what nobody can be asked for any more is taken as it was last known, and said; a commit needs nobody', async (t) => {
  const { mirror, repository, commit: first } = mirrorOf(t, 'one/gone', { 'action.yml': '1' });
  await fetcher(mirror).fetch('one/gone', 'main', never);
  rmSync(join(repository, '.git'), { recursive: true });
  const { fetch, warnings } = fetcher(mirror);
  t.is((await fetch('one/gone', first, never)).commit, first);
  t.deepEqual(warnings, []);
  t.is((await fetch('one/gone', 'main', never)).commit, first);
  t.is(warnings.length, 1);
  t.regex(warnings[0] ?? '', new RegExp(`one/gone@main .*${first}`));
});

test('what was never fetched and cannot be asked for is told, not made up', async (t) => {
  const { mirror, repository } = mirrorOf(t, 'one/never', { 'action.yml': '1' });
  rmSync(join(repository, '.git'), { recursive: true });
  const { fetch, warnings } = fetcher(mirror);
  await t.throwsAsync(fetch('one/never', 'main', never), { instanceOf: WrongInput, message: /one\/never@main/ });
  t.deepEqual(warnings, []);
});

test('what does not exist is told with the reference', async (t) => {
  const { mirror, commit: first } = mirrorOf(t, 'one/there', { 'action.yml': '1' });
  const { fetch } = fetcher(mirror);
  const asked = [
    ['one/there', 'v9', /one\/there@v9 .*v9/],
    ['one/there', first.slice(0, 8), /shortened commit/],
    ['one/there', 'f'.repeat(40), /one\/there@f{40}/],
    ['one/there', '--upload-pack=x', /no branch, tag or commit/],
    ['one/there', 'a..b', /no branch, tag or commit/],
    ['../there', 'v1', /owner\/repo/],
    ['one/two/three', 'v1', /owner\/repo/],
  ] as const;
  for (const [repository, ref, message] of asked) {
    await t.throwsAsync(fetch(repository, ref, never), { instanceOf: WrongInput, message }, `${repository}@${ref}`);
  }
});

test('two runs that fetch the same repository at once do not trip over each other', async (t) => {
  const { mirror, commit: first } = mirrorOf(t, 'one/shared', { 'action.yml': '1' });
  const fetched = await Promise.all([1, 2, 3].map(() => fetcher(mirror).fetch('one/shared', 'main', never)));
  t.deepEqual(
    fetched.map((one) => one.commit),
    [first, first, first],
  );
});

test.serial('git is asked for another address where the user’s configuration says so', async (t) => {
  const { repository, commit: first } = mirrorOf(t, 'one/instead', { 'action.yml': '1' });
  const { HOME } = process.env;
  t.teardown(() => {
    process.env.HOME = HOME;
  });
  process.env.HOME = folder(t);
  git(repository, 'config', '--global', `url.file://${join(repository, '..')}/.insteadOf`, 'https://github.com/one/');
  t.is((await fetcher('/nonexistent').fetch('one/instead', 'main', never)).commit, first);
});
