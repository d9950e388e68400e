import test from 'ava';
import type { ImageFile } from '../../../runner/model/image.ts';
import { fakeBackend } from '../../../runner/vm/fake/backend.ts';
import { contractSuite } from '../contract.ts';

/** Fake machines run the host's own programs: an image is only named. */
const image: ImageFile = {
  name: 'host',
  version: '0',
  digest: `sha256:${'0'.repeat(64)}`,
  arch: 'x86_64',
  config: { env: { PATH: '/usr/bin:/bin' }, shells: ['/bin/sh'] },
  path: '/nonexistent',
  size: 0,
};

contractSuite(test, {
  name: 'fake',
  backend: fakeBackend(),
  image: async () => image,
  lacks: {
    limits: 'nothing is bounded',
    'disk-limit': 'its disk is a folder of the host',
    'whole-disk': 'only the workspace, /tmp and the home are its own',
    isolation: 'it is not isolated',
    kill: 'its process is not told',
    users: 'its users are those of the host',
  },
});
