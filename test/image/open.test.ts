import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { WrongInput } from '../../runner/host/fault.ts';
import { packageRoot } from '../../runner/host/paths.ts';
import { buildImage } from '../../runner/image/build.ts';
import { imageExists, openImage, shippedImages } from '../../runner/image/open.ts';
import { readDefinition } from '../../runner/image/read-definition.ts';
import { ownCache } from './cache-folder.ts';

const { folder } = ownCache(test);
const definition = 'name: mine\nversion: "1"\nfrom: {files: [{path: /etc/a, content: a}]}\n';

test('a folder and a file are found from the repository, a folder by its definition only', async (t) => {
  const repository = join(folder, 'repository');
  mkdirSync(join(repository, 'images/mine'), { recursive: true });
  mkdirSync(join(repository, 'images/none'));
  writeFileSync(join(repository, 'images/mine/lightv.yaml'), definition);
  const built = await openImage('./images/mine', { repository });
  copyFileSync(built.path, join(repository, 'kept.lv'));
  const kept = await openImage('kept.lv', { repository });
  t.is(kept.digest, built.digest);
  t.is(kept.path, join(repository, 'kept.lv'));
  const refs = ['images/mine', 'kept.lv', 'images/none', 'other.lv', '', '..', 'busybox'];
  t.deepEqual(
    refs.map((ref) => imageExists(ref, repository)),
    [true, true, false, false, false, false, true],
  );
});

test('a name nobody knows is answered with those there are', async (t) => {
  const error = await t.throwsAsync(openImage('ubuntu', { repository: folder }), { instanceOf: WrongInput });
  t.regex(error?.message ?? '', /there is no image `ubuntu`: expected busybox, debian, /);
});

test('an image can be put where one wants it', async (t) => {
  const path = join(folder, 'source');
  mkdirSync(path);
  writeFileSync(join(path, 'lightv.yaml'), definition);
  const output = join(folder, 'out.lv');
  t.is((await buildImage(path, { output })).path, output);
});

test('the definition of every shipped image is sound', async (t) => {
  const names = shippedImages();
  t.true(names.length >= 2);
  for (const name of names) {
    const { definition } = await readDefinition(join(packageRoot(), 'images', name));
    t.is(definition.name, name);
  }
});
