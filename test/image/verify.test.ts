import { copyFileSync, readFileSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { sha256 } from '../../runner/host/digest.ts';
import { WrongInput } from '../../runner/host/fault.ts';
import { encodeFooter, footerSize } from '../../runner/image/footer.ts';
import { packImage } from '../../runner/image/pack.ts';
import { verifyImage } from '../../runner/image/verify.ts';
import { ownCache } from './cache-folder.ts';

const { folder } = ownCache(test);

const about = {
  name: 'tiny',
  version: '1',
  arch: 'x86_64',
  config: { env: { PATH: '/bin' }, shells: ['/bin/sh'], minMemory: 1024 },
} as const;

let count = 0;

/** A packed image whose file system part is two blocks of noise: nothing in this file mounts it. */
async function packed(): Promise<string> {
  const path = join(folder, `${++count}.lv`);
  writeFileSync(path, Buffer.alloc(8192, 'noise'));
  await packImage(path, about);
  return path;
}

/** The same file after `change` had its bytes. */
function changed(path: string, change: (bytes: Buffer) => Buffer | undefined): void {
  const bytes = readFileSync(path);
  writeFileSync(path, change(bytes) ?? bytes);
}

/** Puts another manifest into an image, with a footer that fits it. */
function withManifest(path: string, text: string): void {
  changed(path, (bytes) => {
    const manifest = Buffer.from(text);
    const whole = Buffer.alloc(12288);
    bytes.copy(whole, 0, 0, 8192);
    manifest.copy(whole, 8192);
    const footer = { fileSystemSize: 8192, manifestSize: manifest.length, manifestDigest: sha256(manifest) };
    encodeFooter(footer).copy(whole, whole.length - footerSize);
    return whole;
  });
}

const refusal = { instanceOf: WrongInput };

test('an image comes back with what it was packed with', async (t) => {
  const path = await packed();
  const image = await verifyImage(path);
  t.deepEqual(image, {
    ...about,
    config: { ...about.config, env: { PATH: '/bin' }, shells: ['/bin/sh'] },
    digest: `sha256:${sha256(Buffer.alloc(8192, 'noise'))}`,
    path,
    size: 12288,
  });
  t.deepEqual(readFileSync(path).subarray(0, 8192), Buffer.alloc(8192, 'noise'));
});

test('one changed byte of the file system is found, also after a first good look', async (t) => {
  const path = await packed();
  await verifyImage(path);
  changed(path, (bytes) => {
    bytes[5000] = (bytes[5000] ?? 0) ^ 1;
    return undefined;
  });
  const error = await t.throwsAsync(verifyImage(path), refusal);
  t.regex(error?.message ?? '', /is damaged: its file system has digest sha256:/);
});

test('a change that puts the times back is found: the change time cannot be put back', async (t) => {
  const path = await packed();
  const time = new Date('2020-01-01');
  utimesSync(path, time, time);
  await verifyImage(path);
  changed(path, (bytes) => {
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    return undefined;
  });
  utimesSync(path, time, time);
  await t.throwsAsync(verifyImage(path), refusal);
});

test('a changed manifest is found', async (t) => {
  const path = await packed();
  changed(path, (bytes) => Buffer.from(bytes.toString('latin1').replace('"tiny"', '"tine"'), 'latin1'));
  const error = await t.throwsAsync(verifyImage(path), refusal);
  t.regex(error?.message ?? '', /its manifest was changed/);
});

test('files cut short anywhere, empty files and other files are refused with a sentence', async (t) => {
  const whole = await packed();
  for (const size of [0, 1, 511, 512, 4096, 8192, 12287]) {
    const path = join(folder, `cut-${size}.lv`);
    copyFileSync(whole, path);
    truncateSync(path, size);
    const error = await t.throwsAsync(verifyImage(path), refusal, `cut to ${size}`);
    t.regex(error?.message ?? '', /^the image .*cut-\d+\.lv is not a LightV image or was cut short/);
  }
});

test('every single damaged byte of the footer that means something is refused', async (t) => {
  const path = await packed();
  const good = readFileSync(path);
  for (let offset = 0; offset < 56; offset++) {
    const bytes = Buffer.from(good);
    const at = bytes.length - footerSize + offset;
    bytes[at] = (bytes[at] ?? 0) ^ 0x81;
    writeFileSync(path, bytes);
    await t.throwsAsync(verifyImage(path), refusal, `footer byte ${offset}`);
  }
});

test('a footer of a later format says which', async (t) => {
  const path = await packed();
  changed(path, (bytes) => {
    bytes.writeUInt32LE(2, bytes.length - footerSize + 8);
    return undefined;
  });
  const error = await t.throwsAsync(verifyImage(path), refusal);
  t.regex(error?.message ?? '', /has image format 2; this LightV reads format 1/);
});

test('a well-signed manifest that is no manifest is refused', async (t) => {
  const digest = `sha256:${sha256(Buffer.alloc(8192, 'noise'))}`;
  const good = { ...about, digest };
  const wrong: [string, RegExp][] = [
    ['{', /not JSON/],
    ['null', /wrong at its top/],
    [JSON.stringify({ ...good, name: '../../etc' }), /wrong at name/],
    [JSON.stringify({ ...good, digest: 'sha256:../..' }), /wrong at digest/],
    [JSON.stringify({ ...good, more: 1 }), /wrong at its top/],
    [JSON.stringify({ ...good, config: { ...good.config, env: {} } }), /wrong at config\.env/],
    [JSON.stringify({ ...good, config: { ...good.config, memory: 1e300 } }), /wrong at config\.memory/],
  ];
  for (const [manifest, expected] of wrong) {
    const path = await packed();
    withManifest(path, manifest);
    const error = await t.throwsAsync(verifyImage(path), refusal, manifest);
    t.regex(error?.message ?? '', expected);
  }
});

test('a file that is not there and a folder are refused', async (t) => {
  await t.throwsAsync(verifyImage(join(folder, 'nowhere.lv')), { ...refusal, message: /is not there$/ });
  const path = join(folder, 'folder.lv');
  await mkdir(path);
  await t.throwsAsync(verifyImage(path), { ...refusal, message: /is not a file$/ });
});
