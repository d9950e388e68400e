import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { parseConfig } from '../../runner/command/config.ts';
import { imageAccess, imageNames } from '../../runner/command/image-access.ts';
import { WrongInput } from '../../runner/host/fault.ts';
import { folder } from '../ground/folder.ts';

test('credentials are those of the registry that asks, and no other', (t) => {
  const file = join(folder(t), 'token');
  writeFileSync(file, 'from the file\n');
  const config = parseConfig(
    `registries:\n  ghcr.io: { username: me, password-file: ${file} }\n  "localhost:5000": { username: you, password: plain }\nlayers: 1Gi\n`,
    'config.yaml',
  );
  const { credentials, layerLimit } = imageAccess(config);
  t.deepEqual(credentials?.('ghcr.io'), { username: 'me', password: 'from the file' });
  t.deepEqual(credentials?.('localhost:5000'), { username: 'you', password: 'plain' });
  t.is(credentials?.('docker.io'), undefined);
  t.is(credentials?.('localhost'), undefined);
  t.is(layerLimit, 1024 ** 3);
  t.is(imageAccess({}).credentials?.('ghcr.io'), undefined);
});

test('an entry says one password, and its file can be read', (t) => {
  for (const entry of ['{ username: me }', '{ username: me, password: a, password-file: b }']) {
    const parse = () => parseConfig(`registries: { ghcr.io: ${entry} }`, 'config.yaml');
    t.throws(parse, { instanceOf: WrongInput, message: /registries\.ghcr\.io: expected either/ });
  }
  const { credentials } = imageAccess(parseConfig('registries: { a.b: { username: me, password-file: /none } }', 'c'));
  t.throws(() => credentials?.('a.b'), { instanceOf: WrongInput, message: /the password-file of the registry a\.b/ });
});

test('a name with a tag or a digest is an image of a registry, unless it is one here', (t) => {
  const digest = `debian@sha256:${'0'.repeat(64)}`;
  t.deepEqual(
    imageNames({
      a: 'debian:12',
      b: 'debian',
      c: './folder',
      d: 'docker://x',
      e: 'ghcr.io/o/r:1',
      f: digest,
      g: 'A:b',
    }),
    {
      a: 'docker://debian:12',
      b: 'debian',
      c: './folder',
      d: 'docker://x',
      e: 'docker://ghcr.io/o/r:1',
      f: `docker://${digest}`,
      g: 'A:b',
    },
  );
});
