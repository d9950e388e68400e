import test from 'ava';
import { StepFailure } from '../../runner/run/ending.ts';
import { GlobPatterns } from '../../runner/run/glob-patterns.ts';

const taken = (patterns: string[], ...paths: string[]) => {
  const made = new GlobPatterns(patterns, '/w');
  return paths.filter((path) => made.matches(path));
};

test('names, folders, wildcards and absolute paths', (t) => {
  t.deepEqual(taken(['out'], 'out', 'out/a/b', 'outer', 'x/out'), ['out', 'out/a/b']);
  t.deepEqual(taken(['**/*.txt'], 'a.txt', 'b/.hidden/c.txt', 'd.tmp'), ['a.txt', 'b/.hidden/c.txt']);
  t.deepEqual(taken(['/w/a/*'], 'a/b', 'a/b/c', 'b'), ['a/b', 'a/b/c']);
  t.deepEqual(taken(['.'], 'a', 'b/.c'), ['a', 'b/.c']);
  t.deepEqual(taken(['./a', '.\n b '], 'a'), ['a']);
});

test('braces and extended patterns are plain text, sets are not', (t) => {
  t.deepEqual(taken(['b{1,2}', '@(c)'], 'b1', 'b{1,2}', 'c', '@(c)'), ['b{1,2}', '@(c)']);
  t.deepEqual(taken(['b[12]', 'c?'], 'b1', 'b3', 'cc', 'c'), ['b1', 'cc']);
});

test('the last pattern that says something decides; an even number of marks says yes', (t) => {
  t.deepEqual(taken(['a', '!a/b', 'a/b/c'], 'a/x', 'a/b/x', 'a/b/c'), ['a/x', 'a/b/c']);
  t.deepEqual(taken(['!!a'], 'a'), ['a']);
  t.deepEqual(taken(['!a'], 'b'), []);
});

test('lines, blanks and comments', (t) => {
  t.deepEqual(taken(['a\n\n  b  \r\n# c\nc#'], 'a', 'b', 'c', 'c#'), ['a', 'b', 'c#']);
});

test('a pattern that ends in a slash takes a folder, not a file', (t) => {
  t.deepEqual(taken(['a/'], 'a', 'a/b'), ['a/b']);
});

test('what leads out matches nothing, and dots inside are refused', (t) => {
  t.deepEqual(taken(['/etc/**', '../x', '../w/y'], 'etc/passwd', 'x', 'y'), ['y']);
  t.throws(() => taken(['a/../b'], 'b'), { instanceOf: StepFailure });
});

test('searches start at the longest plain path of each pattern, in their order, none inside another', (t) => {
  const starts = (...patterns: string[]) => new GlobPatterns(patterns, '/w').starts;
  t.deepEqual(starts('b/*.c', 'a/x', '!c/**', 'b/d/e'), ['b', 'a/x']);
  t.deepEqual(starts('**/x', 'a/y'), ['']);
});
