import test from 'ava';
import { rangeOf } from '../../../runner/service/job/download.ts';

const ranges: Record<string, ReturnType<typeof rangeOf>> = {
  'bytes=0-0': { start: 0, end: 0 },
  'bytes=2-5': { start: 2, end: 5 },
  'bytes=2-': { start: 2, end: 9 },
  'bytes=-3': { start: 7, end: 9 },
  'bytes=-30': { start: 0, end: 9 },
  'bytes=5-99': { start: 5, end: 9 },
  'bytes=10-': 'unsatisfiable',
  'bytes=-0': 'unsatisfiable',
  'bytes=5-2': undefined,
  'bytes=-': undefined,
  'bytes=0-1,3-4': undefined,
  'lines=0-1': undefined,
};

for (const [text, range] of Object.entries(ranges)) {
  test(`of ten bytes: ${text}`, (t) => {
    t.deepEqual(rangeOf(text, 10), range);
  });
}

test('no header, and nothing to take a range of', (t) => {
  t.is(rangeOf(undefined, 10), undefined);
  t.is(rangeOf('bytes=0-', 0), 'unsatisfiable');
});
