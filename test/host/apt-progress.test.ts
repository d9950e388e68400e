import test from 'ava';
import { aptProgress } from '../../runner/host/apt-progress.ts';

/** What a person is told when apt prints these lines. */
function told(lines: readonly string[]): readonly string[] {
  const words: string[] = [];
  const tell = aptProgress((line) => words.push(line));
  for (const line of lines) {
    tell(line);
  }
  return words;
}

const get = (name: string, number = 1) =>
  `Get:${number} http://mirror.example/debian bookworm/main amd64 ${name} amd64 1.0-1 [12.5 kB]`;

test('an installation is three lines and its warnings', (t) => {
  const words = told([
    'Reading package lists...',
    'The following NEW packages will be installed:',
    '  bubblewrap passt',
    '0 upgraded, 2 newly installed, 0 to remove and 0 not upgraded.',
    'Need to get 81.2 MB of archives.',
    'After this operation, 343 MB of additional disk space will be used.',
    get('bubblewrap'),
    get('passt', 2),
    'Fetched 81.2 MB in 1s (81.2 MB/s)',
    'Unpacking bubblewrap (0.8.0-2) ...',
    'Unpacking passt (0.0) ...',
    'Setting up passt (0.0) ...',
    'W: a key is old',
  ]);
  t.deepEqual(words, ['downloading 2 Debian packages, 81.2 MB', 'installing 2 Debian packages', 'apt: a key is old']);
});

test('what is downloaded already is not counted again', (t) => {
  t.deepEqual(
    told([
      '0 upgraded, 3 newly installed, 0 to remove and 0 not upgraded.',
      'Need to get 12.0 kB/81.2 MB of archives.',
    ]),
    ['downloading 3 Debian packages, 12.0 kB'],
  );
});

test('of many packages every quarter is told', (t) => {
  const many = Array.from({ length: 40 }, (_, index) => get(`package-${index}`, index + 1));
  t.deepEqual(told(['0 upgraded, 40 newly installed, 0 to remove and 0 not upgraded.', ...many]), [
    'downloaded 10 of 40',
    'downloaded 20 of 40',
    'downloaded 30 of 40',
    'downloaded 40 of 40',
  ]);
});

test('a single download is told by its name, an index is not told', (t) => {
  const index = 'Get:4 http://mirror.example/debian bookworm/main amd64 Packages [8790 kB]';
  t.deepEqual(told([index, get('busybox-static')]), ['downloading busybox-static (12.5 kB)']);
});

test('that it waits for another one is told once', (t) => {
  const wait =
    'Waiting for cache lock: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 7 (apt-get)...';
  t.deepEqual(told([`${wait} 0s`, `${wait} 1s`]), ['waiting for another apt to end']);
});
