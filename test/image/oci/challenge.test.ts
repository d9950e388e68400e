import test from 'ava';
import { readChallenge } from '../../../runner/image/oci/challenge.ts';

const bearer = 'Bearer realm="https://auth.example/token",service="registry.example",scope="repository:octo/tool:pull"';
const token = {
  scheme: 'bearer',
  realm: 'https://auth.example/token',
  service: 'registry.example',
  scope: 'repository:octo/tool:pull',
};

test('challenges that can be answered are found, bearer first', (t) => {
  t.deepEqual(readChallenge(bearer), token);
  t.deepEqual(readChallenge(`Basic realm="x", ${bearer}`), token);
  t.deepEqual(readChallenge('bearer realm=https://a.example/t'), { scheme: 'bearer', realm: 'https://a.example/t' });
  t.deepEqual(readChallenge('Basic realm="a registry"'), { scheme: 'basic' });
  t.deepEqual(readChallenge('Bearer service="x", Basic'), { scheme: 'basic' });
});

test('anything else is no challenge', (t) => {
  for (const header of ['', 'Negotiate', 'Bearer service="no realm"', 'Digest realm="Basic"']) {
    t.is(readChallenge(header), undefined, header);
  }
});
