import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { WrongInput } from '../../../runner/host/fault.ts';
import { openImage } from '../../../runner/image/open.ts';
import { imageTree } from '../../../runner/image/tree.ts';
import { makeImage, makeIndex } from '../../registry/image.ts';
import { account, realRegistry } from '../../registry/real.ts';
import { ownCache } from '../cache-folder.ts';

const { folder } = ownCache(test);

test.serial("images of Debian's docker-registry, Docker's and OCI's, by tag and by digest", async (t) => {
  const registry = await realRegistry(join(folder, 'open'));
  t.teardown(() => registry.close());
  for (const docker of [false, true]) {
    const layers = [[{ name: 'etc/a', text: 'first' }], [{ name: 'etc/b', text: `docker ${docker}` }]];
    const image = await makeImage({ layers, docker });
    await registry.push('octo/app', 'v1', image);
    const opened = await openImage(`docker://${registry.host}/octo/app:v1`);
    t.is(opened.version, image.digest);
    t.is(readFileSync(join(await imageTree(opened), 'etc/b'), 'utf8'), `docker ${docker}`);
    t.is((await openImage(`docker://${registry.host}/octo/app@${image.digest}`)).path, opened.path);
  }
});

test.serial('an index is followed to the image of this machine', async (t) => {
  const registry = await realRegistry(join(folder, 'index'));
  t.teardown(() => registry.close());
  const of = async (architecture: 'amd64' | 'arm64') => {
    const image = await makeImage({ layers: [[{ name: 'arch', text: architecture }]], architecture });
    return { image, platform: { os: 'linux', architecture } };
  };
  const { index, manifests } = makeIndex([await of('arm64'), await of('amd64')]);
  for (const each of manifests) {
    await registry.push('multi', each.digest, each);
  }
  await registry.push('multi', 'latest', index);
  const opened = await openImage(`docker://${registry.host}/multi`);
  t.is(opened.version, manifests[opened.arch === 'aarch64' ? 0 : 1]?.digest ?? '');
});

test.serial('a registry that asks for a user and a password is shown those of its host', async (t) => {
  const registry = await realRegistry(join(folder, 'locked'), true);
  t.teardown(() => registry.close());
  const image = await makeImage({ layers: [[{ name: 'secret', text: 'x' }]] });
  await registry.push('secret', '1', image);
  const name = `docker://${registry.host}/secret:1`;
  const credentials = (host: string) => (host === registry.host ? account : undefined);
  t.is((await openImage(name, { credentials })).version, image.digest);
  await t.throwsAsync(openImage(name), { instanceOf: WrongInput, message: /no credentials were given/ });
  const wrong = () => ({ ...account, password: 'wrong' });
  const error = await t.throwsAsync(openImage(name, { credentials: wrong }), { instanceOf: WrongInput });
  t.regex(error?.message ?? '', /may not be pulled \(as "ada"\)/);
});
