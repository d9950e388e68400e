import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { HostFault, WrongInput } from '../../runner/host/fault.ts';
import { openArtifacts } from '../../runner/service/artifact-store.ts';
import { defaultBounds } from '../../runner/service/unpack.ts';
import { folder } from '../ground/folder.ts';
import { contentsOf, type TarEntry, tarOf } from '../ground/tar.ts';

test('an artifact comes back as it was saved, and in the folder of --out', async (t) => {
  const home = folder(t);
  const out = join(folder(t), 'out');
  const store = openArtifacts(home, out);
  const saved = await store.save(
    'report',
    tarOf(
      { name: 'out/', type: 'directory' },
      { name: './out/report.txt', text: 'hello' },
      { name: 'run.sh', mode: 0o4755, text: '#!' },
      { name: 'deep/er/link', type: 'symlink', linkname: '../../run.sh' },
      { name: 'same', type: 'link', linkname: 'run.sh' },
    ),
  );
  t.deepEqual(saved, { name: 'report', files: 4, bytes: 7 });
  t.deepEqual(await contentsOf(store.open('report')), {
    'deep/': '/',
    'deep/er/': '/',
    'deep/er/link': '-> ../../run.sh',
    'out/': '/',
    'out/report.txt': 'hello',
    'run.sh': '#!*',
    same: '#!*',
  });
  t.is(readFileSync(join(out, 'report', 'deep/er/link'), 'utf8'), '#!');
  t.is(statSync(join(out, 'report', 'run.sh')).mode & 0o7777, 0o755);
  t.deepEqual(readdirSync(out), ['report']);
});

const attacks: Record<string, readonly TarEntry[]> = {
  'an absolute path': [{ name: '/etc/passwd', text: 'x' }],
  'a path upwards': [{ name: 'a/../../b', text: 'x' }],
  'an absolute link': [{ name: 'a', type: 'symlink', linkname: '/etc' }],
  'a link upwards': [{ name: 'a/b', type: 'symlink', linkname: '../../c' }],
  'links that only together lead out': [
    { name: 'z/', type: 'directory' },
    { name: 'a/b/c', type: 'symlink', linkname: '../../z' },
    { name: 'q', type: 'symlink', linkname: 'a/b/c/../..' },
  ],
  'links in a circle': [
    { name: 'a', type: 'symlink', linkname: 'b' },
    { name: 'b', type: 'symlink', linkname: 'a' },
  ],
  'a file below a link': [
    { name: 'a', type: 'symlink', linkname: '.' },
    { name: 'a/b', text: 'x' },
  ],
  'a hard link out': [{ name: 'a', type: 'link', linkname: '../../etc/passwd' }],
  'a hard link to a link': [
    { name: 'a', type: 'symlink', linkname: 'b' },
    { name: 'c', type: 'link', linkname: 'a' },
  ],
  'a device': [{ name: 'null', type: 'character-device', devmajor: 1, devminor: 3 }],
  'a named pipe': [{ name: 'pipe', type: 'fifo' }],
  'the same file twice': [
    { name: 'a', text: 'x' },
    { name: 'a', text: 'y' },
  ],
  'a file where a folder must be': [
    { name: 'a', text: 'x' },
    { name: 'a/b', text: 'y' },
  ],
};

for (const [what, entries] of Object.entries(attacks)) {
  test(`refused, with nothing left: ${what}`, async (t) => {
    const home = folder(t);
    const store = openArtifacts(home);
    await t.throwsAsync(store.save('evil', tarOf(...entries)), { instanceOf: WrongInput });
    t.deepEqual(readdirSync(home), ['kept']);
    t.deepEqual(readdirSync(join(home, 'kept')), []);
  });
}

test('bounds hold for bytes and for entries, and a broken archive is told', async (t) => {
  const store = openArtifacts(folder(t), undefined, { bytes: 10, entries: 2 });
  const text = 'x'.repeat(11);
  await t.throwsAsync(store.save('big', tarOf({ name: 'a', text })), { instanceOf: WrongInput, message: /10 bytes/ });
  const many = ['a', 'b', 'c'].map((name) => ({ name }));
  await t.throwsAsync(store.save('many', tarOf(...many)), { instanceOf: WrongInput, message: /2 entries/ });
  async function* broken() {
    yield Buffer.alloc(700, 'not a tar');
  }
  await t.throwsAsync(store.save('broken', broken()), { instanceOf: WrongInput, message: /broken/ });
  async function* cut() {
    for await (const chunk of tarOf({ name: 'a', text: '123456789' })) {
      yield chunk.subarray(0, 515);
      return;
    }
  }
  await t.throwsAsync(store.save('cut', cut()), { instanceOf: WrongInput, message: /broken/ });
});

test('a name serves once a run, and a failed save frees it', async (t) => {
  const store = openArtifacts(folder(t));
  async function* lost(): AsyncGenerator<Uint8Array> {
    yield Buffer.alloc(0);
    throw new Error('the guest went away');
  }
  await t.throwsAsync(store.save('a', lost()), { message: /the guest went away/ });
  await store.save('a', tarOf({ name: 'x', text: '1' }));
  const [one, two] = [store.save('b', tarOf({ name: 'x' })), store.save('b', tarOf({ name: 'x' }))];
  await t.throwsAsync(two, { instanceOf: WrongInput, message: 'the run already has an artifact named "b"' });
  await t.notThrowsAsync(one);
  for (const name of ['', '..', 'a/b', 'a\nb']) {
    await t.throwsAsync(store.save(name, tarOf()), { instanceOf: WrongInput }, JSON.stringify(name));
  }
});

test('what another run of the call has put into the folder of copies is not replaced', async (t) => {
  const out = join(folder(t), 'out');
  const copied = new Set<string>();
  const [one, two] = [1, 2].map(() => openArtifacts(folder(t), out, defaultBounds, copied));
  await one?.save('a', tarOf({ name: 'x', text: '1' }));
  await t.throwsAsync(two?.save('a', tarOf({ name: 'x', text: '2' })) ?? Promise.resolve(), {
    instanceOf: WrongInput,
    message: /already has an artifact named "a" of another run/,
  });
  t.is(readFileSync(join(out, 'a/x'), 'utf8'), '1');
  await one?.remove('a');
  await two?.save('a', tarOf({ name: 'x', text: '2' }));
  t.is(readFileSync(join(out, 'a/x'), 'utf8'), '2');
});

test('an artifact taken back is gone, its copy too, and its name is free', async (t) => {
  const [home, out] = [folder(t), join(folder(t), 'out')];
  const store = openArtifacts(home, out);
  await store.save('a', tarOf({ name: 'x', text: '1' }));
  await store.save('b', tarOf({ name: 'x' }));
  t.deepEqual(
    store.list().map(({ name }) => name),
    ['a', 'b'],
  );
  t.deepEqual(await store.remove('a'), { name: 'a', files: 1, bytes: 1 });
  t.is(await store.remove('a'), undefined);
  t.deepEqual(readdirSync(out), ['b']);
  await store.save('a', tarOf({ name: 'y', text: '22' }));
  t.deepEqual(store.list().at(-1), { name: 'a', files: 1, bytes: 2 });
  t.deepEqual(await contentsOf(store.open('a')), { y: '22' });
});

test('a folder that cannot be written is a fault of the host', async (t) => {
  const file = join(folder(t), 'file');
  const { writeFileSync } = await import('node:fs');
  writeFileSync(file, '');
  await t.throwsAsync(openArtifacts(join(file, 'x')).save('a', tarOf()), { instanceOf: HostFault });
});
