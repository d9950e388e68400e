import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { Upload } from '../../../runner/service/job/upload.ts';
import { Uploads } from '../../../runner/service/job/uploads.ts';
import { folder } from '../../ground/folder.ts';

async function* bytes(...pieces: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    yield Buffer.from(piece);
  }
}

test('pieces come out in the order of the list, and may be named twice', async (t) => {
  const upload = new Upload({ folder: join(folder(t), 'u'), limit: 100, idle: 10_000 });
  await Promise.all([upload.put('b', bytes('wor', 'ld')), upload.put('a', bytes('hello '))]);
  upload.order(['a', 'b', 'b']);
  t.is(upload.size, 16);
  t.is(await text(upload.contents()), 'hello worldworld');
  await upload.close();
});

test('an upload that nobody sends to is given up, and takes nothing more', async (t) => {
  const at = join(folder(t), 'u');
  const upload = new Upload({ folder: at, limit: 100, idle: 20 });
  await upload.put('a', bytes('x'));
  await upload.closed;
  t.false(existsSync(at));
  await t.throwsAsync(upload.put('b', bytes('y')), { message: /given up/ });
  await upload.close();
});

test('a piece that breaks off leaves nothing and no claim', async (t) => {
  const at = join(folder(t), 'u');
  const upload = new Upload({ folder: at, limit: 10, idle: 10_000 });
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('12345678');
    throw new Error('the client went away');
  }
  await t.throwsAsync(upload.put('a', broken()), { message: 'the client went away' });
  t.deepEqual(readdirSync(at), []);
  t.throws(() => upload.order(['a']), { message: /has not come/ });
  await upload.put('a', bytes('1234567890'));
  await t.throwsAsync(upload.put('b', bytes('1')), { message: /at most 10 bytes/ });
  await t.throwsAsync(upload.put('c', bytes(), 1), { message: /at most 10 bytes/ }, 'refused by what it announces');
  await upload.close();
});

test('more than the host’s disk has room for is refused before it comes', async (t) => {
  const upload = new Upload({ folder: join(folder(t), 'u'), limit: Number.MAX_SAFE_INTEGER, idle: 10_000 });
  await t.throwsAsync(upload.put('a', bytes(), 2 ** 52), { message: /no room/ });
  await upload.close();
});

test('a job has so many uploads at once, and who took one is not told of its end', async (t) => {
  const uploads = new Uploads(folder(t), { artifact: 10, cache: 10 });
  const about = (name: string) => ({ kind: 'cache', name, type: '' }) as const;
  const given: string[] = [];
  for (let index = 0; index < 64; index += 1) {
    uploads.open(about(`${index}`), () => given.push(`${index}`));
  }
  t.throws(() => uploads.open(about('one more'), () => {}), { message: /at most 64/ });
  const taken = uploads.take('cache', '0');
  t.is(uploads.take('cache', '0'), undefined);
  t.is(uploads.take('artifact', '1'), undefined);
  await taken?.upload.close();
  await uploads.close();
  t.is(given.length, 63);
  t.false(given.includes('0'));
});
