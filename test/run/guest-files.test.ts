import test from 'ava';
import { StepFailure } from '../../runner/run/ending.ts';
import { matcher } from '../../runner/run/guest-files.ts';

const taken = (patterns: string[], ...paths: string[]) => paths.filter(matcher(patterns));

test('globs, folders and absolute paths below the workspace', (t) => {
  t.deepEqual(taken(['out'], 'out', 'out/a', 'out/b/c', 'outer', 'x/out'), ['out', 'out/a', 'out/b/c']);
  t.deepEqual(taken(['./out/'], 'out/a', 'a'), ['out/a']);
  t.deepEqual(taken(['/workspace/out'], 'out/a', 'workspace/out/a'), ['out/a']);
  t.deepEqual(taken(['**/*.txt'], 'a.txt', 'b/.hidden/c.txt', 'd.tmp'), ['a.txt', 'b/.hidden/c.txt']);
  t.deepEqual(taken(['*'], 'a', '.b', 'c/d'), ['a', '.b', 'c/d']);
  t.deepEqual(taken(['.'], 'a', 'b/.c'), ['a', 'b/.c']);
  t.deepEqual(taken([], 'a'), []);
  t.deepEqual(taken(['**'], 'a', 'b\nc/d\ne'), ['a', 'b\nc/d\ne']);
});

test('the last pattern that says something decides', (t) => {
  t.deepEqual(taken(['out', '!out/*.tmp', 'out/keep.tmp'], 'out/a', 'out/b.tmp', 'out/keep.tmp'), [
    'out/a',
    'out/keep.tmp',
  ]);
  t.deepEqual(taken(['!out', 'out'], 'out/a'), ['out/a']);
  t.deepEqual(taken(['!out'], 'a'), []);
});

test('what leads out of the workspace is refused', (t) => {
  for (const pattern of ['../x', '/etc/passwd', 'a/../../b', '!/etc', '/workspace/../etc']) {
    t.throws(() => matcher([pattern]), { instanceOf: StepFailure }, pattern);
  }
});
