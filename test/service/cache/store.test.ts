import { readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { HostFault } from '../../../runner/host/fault.ts';
import { openCache } from '../../../runner/service/cache/store.ts';
import { folder } from '../../ground/folder.ts';

async function* bytes(data: string, read?: () => void): AsyncGenerator<Uint8Array> {
  read?.();
  yield Buffer.from(data);
}

async function restored(found: ReturnType<ReturnType<typeof openCache>['restore']>) {
  const entry = await found;
  return entry === undefined ? undefined : [entry.key, await text(entry.tar as AsyncIterable<Buffer>)];
}

test('a key is kept once and found exactly, or by the first restore key with the newest entry', async (t) => {
  const cache = openCache({ folder: join(folder(t), 'c'), scope: 'r', limit: 1000 });
  t.is(await restored(cache.restore('npm-a', ['npm-'])), undefined);
  t.true(await cache.save('npm-a', bytes('first')));
  t.false(
    await cache.save(
      'npm-a',
      bytes('again', () => t.fail('the tar of a key that exists is not read')),
    ),
  );
  await new Promise((resolve) => setTimeout(resolve, 5));
  t.true(await cache.save('npm-b', bytes('second')));
  t.true(await cache.save('gem-a', bytes('third')));
  t.deepEqual(await restored(cache.restore('npm-a', [])), ['npm-a', 'first']);
  t.deepEqual(await restored(cache.restore('npm-c', ['npm-', 'gem-'])), ['npm-b', 'second']);
  t.deepEqual(await restored(cache.restore('x', ['gem-', 'npm-'])), ['gem-a', 'third']);
  t.is(await restored(cache.restore('npm', [])), undefined);
});

test('one repository never sees the entries of another', async (t) => {
  const home = folder(t);
  await openCache({ folder: home, scope: 'one', limit: 1000 }).save('k', bytes('x'));
  const other = openCache({ folder: home, scope: 'two', limit: 1000 });
  t.is(await other.restore('k', ['k', '']), undefined);
  t.true(await other.save('k', bytes('y')));
});

test('the least recently used entry makes room; one that is being read stays readable', async (t) => {
  const home = folder(t);
  const cache = openCache({ folder: home, scope: 'r', limit: 10 });
  await cache.save('a', bytes('aaaa'));
  await cache.save('b', bytes('bbbb'));
  const old = new Date(Date.now() - 60_000);
  for (const name of readdirSync(home).filter((file) => file.endsWith('.json'))) {
    utimesSync(join(home, name), old, old);
  }
  const reading = await cache.restore('a', []);
  await cache.save('c', bytes('cccc'));
  t.is(await cache.restore('b', []), undefined);
  t.deepEqual(await restored(cache.restore('a', [])), ['a', 'aaaa']);
  await cache.save('d', bytes('dddddddd'));
  t.is(await text((reading?.tar ?? []) as AsyncIterable<Buffer>), 'aaaa');
  t.is(await cache.restore('a', []), undefined);
  t.false(await cache.save('huge', bytes('x'.repeat(11))));
  t.deepEqual(await restored(cache.restore('d', [])), ['d', 'dddddddd']);
});

test('two that save a key at once keep one whole entry and nothing else', async (t) => {
  const home = folder(t);
  const two = [
    openCache({ folder: home, scope: 'r', limit: 1000 }),
    openCache({ folder: home, scope: 'r', limit: 1000 }),
  ];
  const kept = await Promise.all(two.map((cache, index) => cache.save('k', bytes(`from ${index}`))));
  t.deepEqual([...kept].sort(), [false, true]);
  t.deepEqual(await restored(two[0]?.restore('k', []) ?? Promise.resolve(undefined)), [
    'k',
    `from ${kept.indexOf(true)}`,
  ]);
  t.is(readdirSync(home).length, 2);
});

test('a save that breaks leaves nothing, and old remains go', async (t) => {
  const home = folder(t);
  const cache = openCache({ folder: home, scope: 'r', limit: 1000 });
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('x');
    throw new Error('the guest went away');
  }
  await t.throwsAsync(cache.save('k', broken()), { instanceOf: HostFault, message: /the guest went away/ });
  t.deepEqual(readdirSync(home), []);
  writeFileSync(join(home, 'dead.tar'), 'x');
  writeFileSync(join(home, 'young.tar'), 'x');
  utimesSync(join(home, 'dead.tar'), new Date(0), new Date(0));
  await cache.save('k', bytes('x'));
  t.deepEqual(
    readdirSync(home).filter((name) => /^(?:dead|young)/.test(name)),
    ['young.tar'],
  );
});

test('the same contents under several keys are there once, and count once', async (t) => {
  const home = folder(t);
  const cache = openCache({ folder: home, scope: 'r', limit: 10 });
  t.true(await cache.save('a', bytes('12345678')));
  t.true(await cache.save('b', bytes('12345678')));
  t.true(await openCache({ folder: home, scope: 'other', limit: 10 }).save('a', bytes('12345678')));
  t.is(readdirSync(home).filter((name) => name.endsWith('.tar')).length, 1);
  t.deepEqual(await restored(cache.restore('a', [])), ['a', '12345678']);
  t.true(await cache.save('c', bytes('123456789')));
  t.is(await cache.restore('a', []), undefined);
  t.is(readdirSync(home).filter((name) => name.endsWith('.tar')).length, 1);
  t.deepEqual(await restored(cache.restore('c', [])), ['c', '123456789']);
});

test('an entry whose contents are gone is no entry, and its key is free', async (t) => {
  const home = folder(t);
  const cache = openCache({ folder: home, scope: 'r', limit: 1000 });
  await cache.save('a', bytes('x'));
  for (const name of readdirSync(home).filter((file) => file.endsWith('.tar'))) {
    rmSync(join(home, name));
  }
  t.is(await cache.restore('a', []), undefined);
  t.true(await cache.save('a', bytes('y')));
  t.deepEqual(await restored(cache.restore('a', [])), ['a', 'y']);
});

test('an entry is opened by its name, in its own scope only', async (t) => {
  const home = folder(t);
  const cache = openCache({ folder: home, scope: 'r', limit: 1000 });
  await cache.save('npm-1', bytes('contents'));
  const found = await cache.find('npm-2', ['npm-']);
  t.like(found, { key: 'npm-1', size: 8 });
  const opened = await cache.open(found?.name ?? '');
  t.is(await opened?.handle.readFile('utf8'), 'contents');
  await opened?.handle.close();
  t.is(await openCache({ folder: home, scope: 's', limit: 1000 }).open(found?.name ?? ''), undefined);
  t.is(await cache.open('no-such-entry'), undefined);
  t.deepEqual(
    (await cache.list('npm')).map(({ key }) => key),
    ['npm-1'],
  );
});
