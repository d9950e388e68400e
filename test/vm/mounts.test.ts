import test from 'ava';
import { WrongInput } from '../../runner/host/fault.ts';
import type { ImageFile } from '../../runner/model/image.ts';
import { mountsOf } from '../../runner/vm/mounts.ts';

const image: ImageFile = {
  name: 'any',
  version: '1',
  digest: `sha256:${'a'.repeat(64)}`,
  arch: 'x86_64',
  config: { env: {}, shells: ['/bin/sh'] },
  path: '/any.lv',
  size: 1,
};

type Wishes = Partial<Parameters<typeof mountsOf>[0]>;

function mounts(wishes: Wishes) {
  return mountsOf({ image, tools: [], folders: [], binds: [], ...wishes });
}

test('outer paths come before inner ones, and folders have names that fit a file', (t) => {
  const { layer, folders, binds } = mounts({
    folders: ['/home/runner/work', '/tmp', '/home/runner'],
    binds: [
      { from: '/tmp/a', to: '/b/c' },
      { from: '/tmp', to: '/b' },
    ],
  });
  t.is(layer, 'a'.repeat(64));
  t.deepEqual(
    folders.map(({ path }) => path),
    ['/tmp', '/home/runner', '/home/runner/work'],
  );
  t.deepEqual(
    binds.map(({ to }) => to),
    ['/b', '/b/c'],
  );
  t.true(folders.every(({ store }) => !store.includes('/')));
  t.is(new Set(mounts({ folders: ['/a/b', '/a%2Fb'] }).folders.map(({ store }) => store)).size, 2);
});

test('what nothing can be mounted on is told, all of it', (t) => {
  const wrong = ['', '/', 'relative', '/a/../b', '/a//b', '/a/', '/a\nb', '/proc', '/dev/shm', '/sys/x', '/run/lightv'];
  const error = t.throws(() => mounts({ folders: wrong }), { instanceOf: WrongInput });
  t.is(error?.problems.length, wrong.length);
  t.throws(() => mounts({ tools: [{ image, path: '/proc/tool' }] }), { instanceOf: WrongInput, message: /\/proc/ });
  t.notThrows(() => mounts({ folders: ['/runner', '/device'] }));
});

test('two things on one path, and a bind of what the disk does not hold, are told', (t) => {
  t.throws(() => mounts({ folders: ['/a'], tools: [{ image, path: '/a' }] }), { message: /two things .* \/a of/ });
  const binds = [{ from: '/ab/c', to: '/d' }];
  t.throws(() => mounts({ folders: ['/a'], binds }), { message: /\/ab\/c cannot be seen at \/d/ });
});
