import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { sourcesOfRelease } from '../../runner/host/apt-sources.ts';
import { folderOfAll } from '../ground/folder.ts';

const folder = folderOfAll(test);

mkdirSync(join(folder, 'sources.list.d'));
writeFileSync(
  join(folder, 'sources.list'),
  [
    'deb [arch=amd64 signed-by=/k.gpg] http://one.example/debian bookworm main contrib # comment',
    'deb-src http://one.example/debian bookworm main',
    '# deb http://off.example/debian bookworm main',
    'deb http://vendor.example bookworm stable',
    'deb http://cloud.example cloud-bookworm main',
  ].join('\n'),
);
writeFileSync(
  join(folder, 'sources.list.d', 'debian.sources'),
  [
    'Types: deb deb-src',
    '# a comment',
    'URIs: http://two.example/debian',
    'Suites: bookworm bookworm-updates trixie',
    'Components: main',
    'Signed-By:',
    ' -----BEGIN-----',
    ' .',
    '',
    'Types: deb',
    'URIs: http://three.example/debian',
    'Suites: bookworm',
    'Components: main',
    'Enabled: no',
  ].join('\n'),
);
writeFileSync(join(folder, 'sources.list.d', 'ignored.sources.off'), 'Types: deb\nURIs: http://x\nSuites: bookworm\n');

test('only the sources of that release are taken over, narrowed to it', (t) => {
  t.is(
    sourcesOfRelease('bookworm', folder),
    `Types: deb
URIs: http://one.example/debian
Suites: bookworm
Components: main
Signed-By: /k.gpg

Types: deb
URIs: http://two.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By:
 -----BEGIN-----
 .
`,
  );
});

test('a release the host does not know gives nothing', (t) => {
  t.is(sourcesOfRelease('sid', folder), '');
  t.is(sourcesOfRelease('bookworm', '/nowhere'), '');
});
