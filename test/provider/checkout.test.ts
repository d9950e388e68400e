import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { WrongInput } from '../../runner/host/fault.ts';
import type { SourceRequest } from '../../runner/model/lease.ts';
import { localSource } from '../../runner/provider/local/checkout/source.ts';
import { type Sparse, sparseFilter, sparseLines } from '../../runner/provider/local/checkout/sparse.ts';
import { folder } from '../ground/folder.ts';
import { never } from '../ground/never.ts';
import { collect, tarOf } from '../ground/tar.ts';

const who = ['-c', 'user.name=A', '-c', 'user.email=a@b', '-c', 'commit.gpgsign=false'];

function git(cwd: string, ...args: string[]): string {
  const allowed = ['-c', 'protocol.file.allow=always'];
  return execFileSync('git', [...who, ...allowed, ...args], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function write(top: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(top, name)), { recursive: true });
    writeFileSync(join(top, name), text);
  }
}

function commit(top: string, message: string, files: Readonly<Record<string, string>>): string {
  write(top, files);
  git(top, 'add', '-A');
  git(top, 'commit', '-q', '-m', message);
  return git(top, 'rev-parse', 'HEAD').trim();
}

/** Three commits on `main`, a tag on the first, another branch, and a remote with a password in its address. */
function repository(t: ExecutionContext): { top: string; commits: string[] } {
  const top = folder(t);
  git(top, 'init', '-q', '-b', 'main');
  git(top, 'remote', 'add', 'origin', 'https://me:hunter2@example.com/octo/proj.git');
  git(top, 'config', 'http.extraheader', 'Authorization: hunter2');
  const commits = ['one', 'two', 'three'].map((name) => commit(top, name, { [name]: name, 'dir/file': name }));
  git(top, 'tag', 'v1', commits[0] ?? '');
  git(top, 'branch', 'other', commits[1] ?? '');
  return { top, commits };
}

/** A checkout, unpacked. */
async function checkedOut(t: ExecutionContext, top: string | undefined, request: SourceRequest): Promise<string> {
  const tar = await localSource(top)(request, never);
  const made = folder(t);
  execFileSync('tar', ['-x', '-C', made], { input: await collect(tar ?? tarOf()) });
  return made;
}

test('the working tree has a repository on its commit, and what was changed is changed there', async (t) => {
  const { top, commits } = repository(t);
  write(top, { one: 'changed', 'new file': 'n' });
  rmSync(join(top, 'two'));
  const made = await checkedOut(t, top, { withRepository: true });
  t.is(git(made, 'status', '--short'), ' M one\n D two\n?? "new file"\n');
  t.is(git(made, 'branch', '--show-current'), 'main\n');
  t.is(git(made, 'rev-parse', 'HEAD', 'origin/main'), `${commits[2]}\n${commits[2]}\n`);
  t.is(git(made, 'log', '--format=%s'), 'three\n');
  t.is(git(made, 'remote', 'get-url', 'origin'), 'https://example.com/octo/proj.git\n');
  t.is(git(made, 'fsck', '--no-progress'), '');
  const holding = execFileSync('sh', ['-c', 'grep -rl -e hunter2 -e "$1" "$0" || true', made, top], {
    encoding: 'utf8',
  });
  t.is(holding, '');
});

test('a whole history has its branches and tags, a short one its last commits', async (t) => {
  const { top, commits } = repository(t);
  git(top, 'update-ref', 'refs/remotes/origin/theirs', commits[0] ?? '');
  const whole = await checkedOut(t, top, { withRepository: true, depth: 0 });
  t.is(git(whole, 'log', '--format=%s'), 'three\ntwo\none\n');
  t.is(git(whole, 'describe', '--tags'), git(top, 'describe', '--tags'));
  t.is(git(whole, 'log', '-1', '--format=%s', 'origin/other'), 'two\n');
  t.is(git(whole, 'log', '-1', '--format=%s', 'origin/theirs'), 'one\n');
  t.false(readdirSync(join(whole, '.git')).includes('shallow'));
  const two = await checkedOut(t, top, { withRepository: true, depth: 2 });
  t.is(git(two, 'log', '--format=%s'), 'three\ntwo\n');
});

test('a tag, a branch and a commit of the repository at hand are had without anybody’s server', async (t) => {
  const { top, commits } = repository(t);
  git(top, 'update-ref', 'refs/remotes/origin/theirs', commits[0] ?? '');
  write(top, { one: 'changed' });
  const at = async (ref: string) => {
    const made = await checkedOut(t, top, { ref });
    t.is(git(made, 'status', '--short'), '', ref);
    return [git(made, 'log', '-1', '--format=%s'), git(made, 'branch', '--show-current')].map((text) => text.trim());
  };
  t.deepEqual(await at('v1'), ['one', '']);
  t.deepEqual(await at('other'), ['two', 'other']);
  t.deepEqual(await at('refs/heads/other'), ['two', 'other']);
  t.deepEqual(await at('theirs'), ['one', 'theirs']);
  t.deepEqual(await at(commits[1] ?? ''), ['two', '']);
  git(top, 'remote', 'remove', 'origin');
  await t.throwsAsync(checkedOut(t, top, { ref: 'nope' }), { instanceOf: WrongInput, message: /"nope"/ });
});

test('a detached head, a worktree and a repository without a commit have a repository too', async (t) => {
  const { top, commits } = repository(t);
  const worktree = join(folder(t), 'tree');
  git(top, 'worktree', 'add', '-q', '--detach', worktree, commits[1] ?? '');
  const made = await checkedOut(t, worktree, { withRepository: true });
  t.is(git(made, 'status', '--short', '--branch'), '## HEAD (no branch)\n');
  t.is(git(made, 'rev-parse', 'HEAD'), `${commits[1]}\n`);
  const empty = folder(t);
  git(empty, 'init', '-q');
  write(empty, { a: '1' });
  t.is(git(await checkedOut(t, empty, { withRepository: true }), 'status', '--short'), '?? a\n');
});

test('a sparse checkout takes what git takes of the same patterns', async (t) => {
  const top = folder(t);
  git(top, 'init', '-q', '-b', 'main');
  const names = ['a', 'b/a', 'b/c/a', 'b/c/d/e.txt', 'b/x/a', 'c/a.txt', 'c/b', 'd.txt', 'a b/c'];
  commit(top, 'all', Object.fromEntries(names.map((name) => [name, name])));
  const taken = (sparse: Sparse) => {
    writeFileSync(join(top, '.git/info/sparse-checkout'), `${sparseLines(sparse).join('\n')}\n`);
    const config = ['-c', 'core.sparseCheckout=true', '-c', `core.sparseCheckoutCone=${sparse.cone}`];
    git(top, ...config, 'read-tree', '-m', '-u', 'HEAD');
    const lines = git(top, ...config, 'ls-files', '-t', '-z').split('\0');
    return lines.flatMap((line) => (line.startsWith('H ') ? [line.slice(2)] : [])).sort();
  };
  const part = fc.constantFrom('a', 'b', 'c', 'd', 'x', '*', '*.txt', '**', '?', 'e.txt', 'a b');
  const pattern = fc
    .tuple(
      fc.constantFrom('', '!'),
      fc.constantFrom('', '/'),
      fc.array(part, { minLength: 1, maxLength: 3 }),
      fc.constantFrom('', '/'),
    )
    .map(([not, start, parts, end]) => `${not}${start}${parts.join('/')}${end}`);
  const folders = fc.array(fc.constantFrom('b', 'b/c', '/b/c/', 'b/x', 'c', 'none', 'a b'), {
    minLength: 1,
    maxLength: 3,
  });
  const cases = fc.oneof(
    fc.record({ patterns: folders, cone: fc.constant(true) }),
    fc.record({ patterns: fc.array(pattern, { minLength: 1, maxLength: 4 }), cone: fc.constant(false) }),
  );
  fc.assert(
    fc.property(cases, (sparse) => {
      t.deepEqual([...names].filter(sparseFilter(sparse)).sort(), taken(sparse), JSON.stringify(sparse));
    }),
    { numRuns: 60 },
  );
});

test('a sparse working tree has only what was asked for, and git knows it', async (t) => {
  const { top } = repository(t);
  write(top, { 'dir/new': 'n', 'else/new': 'n' });
  const made = await checkedOut(t, top, { withRepository: true, sparse: { patterns: ['dir'], cone: true } });
  t.deepEqual(readdirSync(made).sort(), ['.git', 'dir', 'one', 'three', 'two']);
  t.is(git(made, 'status', '--short'), '?? dir/new\n');
  const patterns = { patterns: ['/one'], cone: false };
  const only = await checkedOut(t, top, { withRepository: true, sparse: patterns });
  t.deepEqual(readdirSync(only).sort(), ['.git', 'one']);
  t.is(git(only, 'status', '--short'), '');
});

/** A repository with a submodule that has one itself; their addresses are the server's, asked for on this host. */
function nested(t: ExecutionContext): string {
  const [server, home] = [folder(t), folder(t)];
  for (const [name, inner] of [
    ['leaf', ''],
    ['middle', 'leaf'],
    ['top', 'middle'],
  ] as const) {
    const at = join(server, name);
    mkdirSync(at);
    git(at, 'init', '-q', '-b', 'main');
    git(at, 'remote', 'add', 'origin', `https://example.com/octo/${name}`);
    if (inner !== '') {
      git(at, 'submodule', '--quiet', 'add', `file://${join(server, inner)}`, inner);
      git(join(at, inner), 'remote', 'set-url', 'origin', `https://example.com/octo/${inner}`);
      git(at, 'config', '-f', '.gitmodules', `submodule.${inner}.url`, `../${inner}`);
    }
    commit(at, name, { [`${name}.txt`]: name });
  }
  git(
    home,
    'config',
    '--file',
    join(home, '.gitconfig'),
    `url.file://${server}/.insteadOf`,
    'https://example.com/octo/',
  );
  const { HOME } = process.env;
  t.teardown(() => {
    process.env.HOME = HOME;
  });
  process.env.HOME = home;
  return join(server, 'top');
}

test.serial('submodules come along as far as they are asked for, checked out or not', async (t) => {
  const top = nested(t);
  const files = async (request: SourceRequest, from: string | undefined) => {
    const made = await checkedOut(t, from, { withRepository: true, ...request });
    t.is(git(made, 'status', '--short'), '');
    return execFileSync('find', ['.', '-name', '*.txt'], { cwd: made, encoding: 'utf8' }).trim().split('\n').sort();
  };
  const check = async (from: string | undefined, more: SourceRequest = {}) => {
    t.deepEqual(await files({ ...more, submodules: 'none' }, from), ['./top.txt']);
    t.deepEqual(await files({ ...more, submodules: 'own' }, from), ['./middle/middle.txt', './top.txt']);
    const all = ['./middle/leaf/leaf.txt', './middle/middle.txt', './top.txt'];
    t.deepEqual(await files({ ...more, submodules: 'recursive' }, from), all);
  };
  await check(top);
  rmSync(join(top, 'middle'), { recursive: true });
  mkdirSync(join(top, 'middle'));
  await check(top);
  await check(undefined, { repository: 'https://example.com/octo/top' });
});

test.serial('a submodule whose address is a place of this host is refused', async (t) => {
  const top = nested(t);
  const secret = repository(t).top;
  git(top, 'config', '-f', '.gitmodules', 'submodule.middle.url', secret);
  commit(top, 'sly', { x: 'x' });
  rmSync(join(top, 'middle'), { recursive: true });
  mkdirSync(join(top, 'middle'));
  for (const request of [{ withRepository: true }, { repository: 'https://example.com/octo/top' }]) {
    await t.throwsAsync(checkedOut(t, top, { ...request, submodules: 'own' }), {
      instanceOf: WrongInput,
      message: /the submodule middle of \S+ has the address/,
    });
  }
});
