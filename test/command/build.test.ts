import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { build } from '../../runner/command/build.ts';
import { WrongInput } from '../../runner/host/fault.ts';
import { folderOfAll } from '../ground/folder.ts';

const folder = folderOfAll(test);
process.env.LIGHTV_CACHE_DIR = join(folder, 'cache');

async function outputOf(
  source: string | undefined,
  options: { json?: boolean; output?: string } = {},
): Promise<string> {
  let out = '';
  const io = { out: { write: (text: string) => (out += text) }, err: { write: () => true } };
  await build(source, options, io);
  return out;
}

test('build prints where the image is, and all about it as JSON', async (t) => {
  const source = join(folder, 'source');
  mkdirSync(source);
  writeFileSync(join(source, 'lightv.yaml'), 'name: a\nversion: "7"\nfrom: {files: [{path: /a, content: a}]}\n');
  const output = join(folder, 'a.lv');
  const [path, about] = (await outputOf(source, { output })).split('\n');
  t.is(path, output);
  t.regex(about ?? '', /^a 7, (?:x86_64|aarch64), .* kB, sha256:[0-9a-f]{64}$/);
  const image = JSON.parse(await outputOf(source, { output, json: true })) as { path: string; name: string };
  t.is(image.path, output);
  t.is(image.name, 'a');
});

test('a folder without a definition is wrong input', async (t) => {
  await t.throwsAsync(outputOf(join(folder, 'empty')), { instanceOf: WrongInput });
});
