import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import { extract } from 'tar-stream';
import { GuestRefusal } from '../../runner/guest/agent.ts';
import { never } from '../ground/never.ts';
import { run } from '../ground/run.ts';
import { collect, type TarEntry, tarOf } from '../ground/tar.ts';
import { type RealAgent, realAgent, shell, stream } from '../guest/real-agent.ts';

const test = anyTest as TestFn<RealAgent & { folder: string }>;

test.beforeEach(async (t) => {
  t.context = { ...(await realAgent()), folder: mkdtempSync(join(tmpdir(), 'lightv-copy-')) };
});
test.afterEach.always(async (t) => {
  await t.context?.end();
  rmSync(t.context.folder, { recursive: true, force: true });
});

async function namesIn(tar: Buffer): Promise<string[]> {
  const names: string[] = [];
  const reader = extract();
  reader.end(tar);
  for await (const entry of reader) {
    names.push(`${entry.header.name} ${entry.header.size}`);
    entry.resume();
  }
  return names;
}

/** One of everything a tar can hold. */
function sample(folder: string): void {
  mkdirSync(join(folder, 'a', 'b'), { recursive: true });
  writeFileSync(join(folder, 'a', 'file'), Buffer.from(Array.from({ length: 1000 }, (_, i) => i % 256)));
  chmodSync(join(folder, 'a', 'file'), 0o4751);
  utimesSync(join(folder, 'a', 'file'), 1_000_000_000, 1_000_000_000);
  linkSync(join(folder, 'a', 'file'), join(folder, 'a', 'z-hard'));
  symlinkSync('../nowhere/at all', join(folder, 'a', 'link'));
  const long = join(folder, 'l'.repeat(200), 'm'.repeat(200));
  mkdirSync(long, { recursive: true });
  writeFileSync(join(long, 'größe'), 'long');
  chmodSync(join(folder, 'a', 'b'), 0o500);
  utimesSync(join(folder, 'a', 'b'), 1_100_000_000, 1_100_000_000);
}

test('a round trip keeps contents, modes, times, links and long names', async (t) => {
  const { agent, folder } = t.context;
  const [from, to] = [join(folder, 'from'), join(folder, 'new', 'to')];
  mkdirSync(from);
  sample(from);
  const tar = await collect(await agent.copyOut(from, never));
  await agent.copyIn(stream(tar), to, never);
  t.is(execFileSync('diff', ['-r', '--no-dereference', from, to], { encoding: 'utf8' }), '');
  const file = statSync(join(to, 'a', 'file'));
  t.deepEqual([file.mode & 0o7777, file.mtimeMs, file.nlink], [0o4751, 1e12, 2]);
  t.is(file.ino, statSync(join(to, 'a', 'z-hard')).ino);
  t.is(readlinkSync(join(to, 'a', 'link')), '../nowhere/at all');
  const inner = statSync(join(to, 'a', 'b'));
  t.deepEqual([inner.mode & 0o7777, inner.mtimeMs], [0o500, 1.1e12]);
});

test("other programs read our tar, and we read GNU tar's, in pieces of any size", async (t) => {
  const { agent, folder } = t.context;
  const [from, to, theirs] = [join(folder, 'from'), join(folder, 'to'), join(folder, 'theirs')];
  mkdirSync(from);
  mkdirSync(theirs);
  sample(from);
  const ours = await collect(await agent.copyOut(from, never));
  execFileSync('tar', ['-xpf', '-', '-C', theirs], { input: ours });
  t.is(execFileSync('diff', ['-r', '--no-dereference', from, theirs], { encoding: 'utf8' }), '');
  const gnu = execFileSync('tar', ['--format=gnu', '-cf', '-', '-C', from, '.']);
  const pieces = Array.from({ length: Math.ceil(gnu.length / 777) }, (_, i) => gnu.subarray(i * 777, (i + 1) * 777));
  await agent.copyIn(stream(...pieces), to, never);
  t.is(execFileSync('diff', ['-r', '--no-dereference', from, to], { encoding: 'utf8' }), '');
});

test('names only, a list, one file', async (t) => {
  const { agent, folder } = t.context;
  sample(folder);
  const names = await namesIn(await collect(await agent.copyOut(folder, never, { namesOnly: true })));
  t.deepEqual(names.slice(0, 5), ['a/ 0', 'a/b/ 0', 'a/file 0', 'a/link 0', 'a/z-hard 0']);
  const listed = await agent.copyOut(folder, never, { only: ['a/z-hard', 'a/b', 'a/file'] });
  t.deepEqual(await namesIn(await collect(listed)), ['a/z-hard 1000', 'a/b/ 0', 'a/file 0']);
  const one = await agent.copyOut(join(folder, 'a', 'file'), never);
  t.deepEqual(await namesIn(await collect(one)), ['file 1000']);
});

test('what is not there is refused at once', async (t) => {
  const { agent, folder } = t.context;
  const error = await t.throwsAsync(agent.copyOut(join(folder, 'nope'), never), { instanceOf: GuestRefusal });
  t.regex(error.message, /nope': No such file or directory$/);
  await t.throwsAsync(agent.copyOut(folder, never, { only: ['nope'] }), { message: /'nope': No such file/ });
  await t.throwsAsync(agent.copyOut(folder, never, { only: ['../x'] }), { message: /would leave the folder/ });
});

for (const [name, entries] of [
  ['an absolute path', [{ name: '/escape' }]],
  ['a path with ..', [{ name: 'x/../../escape' }]],
  ['a path through a link', [{ name: 'l', type: 'symlink', linkname: '..' }, { name: 'l/escape' }]],
  ['a hard link to a path with ..', [{ name: 'h', type: 'link', linkname: '../secret' }]],
  [
    'a hard link through a link',
    [
      { name: 'l', type: 'symlink', linkname: '..' },
      { name: 'h', type: 'link', linkname: 'l/secret' },
    ],
  ],
] as const satisfies readonly (readonly [string, readonly TarEntry[]])[]) {
  test(`unpacking refuses ${name}`, async (t) => {
    const { agent, folder } = t.context;
    writeFileSync(join(folder, 'secret'), 'untouched');
    const tar = await collect(tarOf(...entries));
    // tar-stream drops a leading slash when it writes.
    const raw = name === 'an absolute path' ? absolute(tar) : tar;
    await t.throwsAsync(agent.copyIn(stream(raw), join(folder, 'in'), never), { instanceOf: GuestRefusal });
    t.false(existsSync(join(folder, 'escape')));
    t.false(existsSync('/escape'));
    t.false(existsSync(join(folder, 'in', 'h')));
    t.is(statSync(join(folder, 'secret')).nlink, 1);
  });
}

/** Puts `/escape` into the first header, with its checksum. */
function absolute(tar: Buffer): Buffer {
  tar.fill(0, 0, 100);
  tar.write('/escape', 0);
  tar.fill(' ', 148, 156);
  const sum = tar.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return tar;
}

test('a file replaces a link instead of writing through it', async (t) => {
  const { agent, folder } = t.context;
  writeFileSync(join(folder, 'secret'), 'untouched');
  mkdirSync(join(folder, 'in'));
  symlinkSync('../secret', join(folder, 'in', 'f'));
  await agent.copyIn(stream(await collect(tarOf({ name: 'f', text: 'new' }))), join(folder, 'in'), never);
  t.is(readFileSync(join(folder, 'secret'), 'utf8'), 'untouched');
  t.true(lstatSync(join(folder, 'in', 'f')).isFile());
});

test('a full disk is told with the path that did not fit', async (t) => {
  const { agent } = t.context;
  await run(agent, shell('mount -t tmpfs -o size=64k x /mnt'));
  const tar = await collect(tarOf({ name: 'small', text: 'x' }, { name: 'large', text: 'x'.repeat(1_000_000) }));
  const error = await t.throwsAsync(agent.copyIn(stream(tar), '/mnt', never), { instanceOf: GuestRefusal });
  t.is(error.message, "could not write 'large': No space left on device");
  t.is(error.errno, 28);
});

test('a tar that is cut off or broken is refused', async (t) => {
  const { agent, folder } = t.context;
  const tar = await collect(tarOf({ name: 'f', text: 'x'.repeat(2000) }));
  await t.throwsAsync(agent.copyIn(stream(tar.subarray(0, 1500)), folder, never), { message: /ends inside 'f'/ });
  await t.throwsAsync(agent.copyIn(stream(tar.subarray(0, 2560)), folder, never), { message: /end marker/ });
  tar.write('g', 0);
  await t.throwsAsync(agent.copyIn(stream(tar), folder, never), { message: /checksum/ });
});

test('a copy ends when its signal aborts, and when nobody reads on', async (t) => {
  const { agent } = t.context;
  const stop = new AbortController();
  const endless = async function* () {
    yield (await collect(tarOf({ name: 'x' }))).subarray(0, 512);
    stop.abort(new Error('enough'));
    await new Promise(() => {});
  };
  await t.throwsAsync(agent.copyIn(endless(), t.context.folder, stop.signal), { message: 'enough' });
  for await (const chunk of await agent.copyOut('/usr/bin', never)) {
    t.true(chunk.length > 0);
    break;
  }
  t.deepEqual((await run(agent, shell('echo on'))).stdout.toString(), 'on\n');
});
