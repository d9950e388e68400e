import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { WrongInput } from '../../runner/host/fault.ts';
import { gitUrl, withoutUser } from '../../runner/provider/local/address.ts';
import { localSource } from '../../runner/provider/local/checkout/source.ts';
import { localContexts } from '../../runner/provider/local/contexts.ts';
import { repositoryName } from '../../runner/provider/local/event/facts.ts';
import { repositoryTop } from '../../runner/provider/local/git.ts';
import { folder } from '../ground/folder.ts';
import { never } from '../ground/never.ts';
import { contentsOf } from '../ground/tar.ts';

function git(cwd: string, ...args: string[]): string {
  const who = [
    '-c',
    'user.name=A',
    '-c',
    'user.email=a@b',
    '-c',
    'protocol.file.allow=always',
    '-c',
    'commit.gpgsign=false',
  ];
  return execFileSync('git', [...who, ...args], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

function repository(t: ExecutionContext): string {
  const top = folder(t);
  git(top, 'init', '-q', '-b', 'main');
  mkdirSync(join(top, 'sub'));
  writeFileSync(join(top, '.gitignore'), 'ignored\n');
  writeFileSync(join(top, 'tracked'), 'old');
  writeFileSync(join(top, 'gone'), 'x');
  writeFileSync(join(top, 'sub', 'run.sh'), '#!');
  chmodSync(join(top, 'sub', 'run.sh'), 0o755);
  symlinkSync('sub/run.sh', join(top, 'link'));
  git(top, 'add', '-A');
  git(top, 'commit', '-q', '-m', 'one');
  return top;
}

test('the working tree is taken as it is on disk, without what git ignores and without .git', async (t) => {
  const top = repository(t);
  writeFileSync(join(top, 'tracked'), 'new');
  writeFileSync(join(top, 'ignored'), 'secret');
  writeFileSync(join(top, 'sub', 'un tracked ü'), 'u');
  rmSync(join(top, 'gone'));
  t.deepEqual(await contentsOf(await localSource(top)({}, never)), {
    '.gitignore': 'ignored\n',
    link: '-> sub/run.sh',
    'sub/run.sh': '#!*',
    'sub/un tracked ü': 'u',
    tracked: 'new',
  });
});

test('a checked-out submodule comes along, an empty one does not hurt', async (t) => {
  const inner = repository(t);
  const top = repository(t);
  git(top, 'submodule', '--quiet', 'add', `file://${inner}`, 'mod');
  const found = await contentsOf(await localSource(top)({}, never));
  t.is(found['mod/tracked'], 'old');
  t.false(Object.keys(found).some((name) => name.includes('.git/') || name.endsWith('/.git')));
  git(top, 'submodule', '--quiet', 'deinit', '-f', 'mod');
  t.is((await contentsOf(await localSource(top)({}, never)))['mod/tracked'], undefined);
});

test('outside git there is no working tree', async (t) => {
  const outside = folder(t);
  t.is(await repositoryTop(outside), undefined);
  t.is(await localSource(undefined)({}, never), undefined);
});

test.serial('variables of a git hook do not lead to another repository', async (t) => {
  const top = repository(t);
  process.env.GIT_DIR = '/nowhere';
  t.teardown(() => {
    delete process.env.GIT_DIR;
  });
  t.is(await repositoryTop(join(top, 'sub')), top);
});

test('a repository is fetched at a ref, with a .git that holds no credential', async (t) => {
  const origin = repository(t);
  git(origin, 'tag', 'v1');
  writeFileSync(join(origin, 'tracked'), 'second');
  git(origin, 'commit', '-q', '-am', 'two');
  const url = `file://user:token123@${origin}`;
  const source = localSource(undefined);
  const at = async (ref?: string) =>
    contentsOf(await source({ repository: `file://${origin}`, ...(ref === undefined ? {} : { ref }) }, never));
  const newest = await at();
  t.is(newest.tracked, 'second');
  t.is((await at('v1')).tracked, 'old');
  t.is((await at(git(origin, 'rev-parse', 'HEAD~1'))).tracked, 'old');
  t.regex(newest['.git/config'] ?? '', /url = file:\/\//);
  t.is(newest['.git/HEAD'], 'ref: refs/heads/main\n');
  t.is(newest['.git/refs/heads/main'], `${git(origin, 'rev-parse', 'HEAD')}\n`);
  t.is(newest['.git/FETCH_HEAD'], undefined);
  t.is(withoutUser(url), `file://${origin}`);
});

test('what cannot be fetched is wrong input that does not show a password', async (t) => {
  const source = localSource(undefined);
  const missing = await t.throwsAsync(source({ repository: 'file:///no/such/repository' }, never), {
    instanceOf: WrongInput,
  });
  t.regex(missing?.message ?? '', /could not fetch "HEAD" of file:\/\/\/no\/such\/repository/);
  const origin = repository(t);
  await t.throwsAsync(source({ repository: `file://${origin}`, ref: 'nope' }, never), { message: /"nope"/ });
  for (const ref of ['--upload-pack=touch /tmp/x', 'a:b', 'a b']) {
    await t.throwsAsync(source({ repository: `file://${origin}`, ref }, never), { message: /is no ref/ }, ref);
  }
  const hidden = await t.throwsAsync(source({ repository: 'ext://u:pw12@x y' }, never), { instanceOf: WrongInput });
  t.false(hidden?.message.includes('pw12'));
});

test('addresses are told from names, options and helpers', (t) => {
  t.is(gitUrl('lightv/run'), 'https://github.com/lightv/run.git');
  t.is(gitUrl('git@host:a/b.git'), 'git@host:a/b.git');
  for (const wrong of ['ext::sh -c id', '--upload-pack=x', 'x', '../x', 'fd::1']) {
    t.throws(() => gitUrl(wrong), { instanceOf: WrongInput }, wrong);
  }
});

test('contexts tell the commit, branch and repository', async (t) => {
  const top = repository(t);
  git(top, 'remote', 'add', 'origin', 'https://me:hunter2@example.com/owner/name.git');
  const given = { vars: { A: 'b' }, inputs: {}, event: 'push', payload: { x: 1 } };
  const about = { file: join(top, 'p.yaml'), name: 'p', dialect: 'lightv', on: [] } as const;
  const { contexts } = await localContexts(about, top, given);
  t.like(contexts, {
    github: {
      repository: 'owner/name',
      repository_owner: 'owner',
      sha: git(top, 'rev-parse', 'HEAD'),
      ref: 'refs/heads/main',
      ref_name: 'main',
      ref_type: 'branch',
      workflow: 'p',
      workflow_ref: 'p.yaml',
      event_name: 'push',
      event: { x: 1 },
    },
    vars: { A: 'b' },
  });
  t.false(JSON.stringify(contexts).includes('hunter2'));
  t.is(repositoryName('git@host:group/sub/proj.git', top), 'sub/proj');
  t.is(repositoryName(undefined, '/x/folder'), 'folder');
});

test('a repository without a commit still has contexts and a working tree', async (t) => {
  const top = folder(t);
  git(top, 'init', '-q', '-b', 'main');
  writeFileSync(join(top, 'a'), '1');
  const about = { file: join(top, 'p.yaml'), name: 'p', dialect: 'lightv', on: [] } as const;
  const { contexts } = await localContexts(about, top, { vars: {}, inputs: {} });
  t.like(contexts, { github: { sha: '', ref: 'refs/heads/main' } });
  t.deepEqual(await contentsOf(await localSource(top)({}, never)), { a: '1' });
});
