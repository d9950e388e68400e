import test from 'ava';
import { largestCommandFile, parsePairs, parsePaths, refusedVariable } from '../../runner/output/command-files.ts';

const read = (text: string) => parsePairs(Buffer.from(text));

test('NAME=VALUE, split at the first =, in the order of the file', (t) => {
  t.deepEqual(read('a=1\n\nb=x=y\nempty=\na=2').pairs, [
    ['a', '1'],
    ['b', 'x=y'],
    ['empty', ''],
    ['a', '2'],
  ]);
});

test('a heredoc keeps its lines, but not the line end before the delimiter', (t) => {
  t.deepEqual(read('m<<EOF\none\n\n EOF\ntwo\nEOF\nn<<X\nX\nafter=1\n').pairs, [
    ['m', 'one\n\n EOF\ntwo'],
    ['n', ''],
    ['after', '1'],
  ]);
});

test('whichever of = and << comes first decides', (t) => {
  t.deepEqual(read('a=b<<c\nd<<e=f\nx\ne=f\n').pairs, [
    ['a', 'b<<c'],
    ['d', 'x'],
  ]);
});

test('a line ends at \\n alone: what stands before it is part of the line, of a delimiter too', (t) => {
  t.deepEqual(read('a=1\r\nm<<EOF\r\none\r\nEOF\r\nn<<EOF\ntwo\r\nEOF\n').pairs, [
    ['a', '1\r'],
    ['m', 'one\r'],
    ['n', 'two\r'],
  ]);
  t.like(read('m<<EOF\none\r\nEOF\r\n').problem, { line: 1 });
});

test('a heredoc without its delimiter is a problem at the line that opens it, and what came before counts', (t) => {
  t.deepEqual(read('a=1\nm<<EOF\none\nEOF \n'), {
    pairs: [['a', '1']],
    problem: { line: 2, message: '"m" is opened with "<<EOF", but no line after it is exactly "EOF"' },
  });
});

test('a line that is no pair, an empty name, an empty delimiter, a NUL byte', (t) => {
  t.like(read('a=1\njust text\n').problem, { line: 2 });
  t.like(read('=v\n').problem, { line: 1, message: 'the name before "=" is empty' });
  t.like(read('<<E\nE\n').problem, { message: 'the name before "<<" is empty' });
  t.like(read('a<<\n').problem, { message: 'the delimiter after "<<" is empty' });
  t.like(read('a=\0\n').problem, { line: 1 });
  t.like(read('a<<E\n\0\nE\n').problem, { line: 1 });
});

test('names that objects know are names like any other', (t) => {
  t.deepEqual(read('__proto__=1\nconstructor=2\n').pairs, [
    ['__proto__', '1'],
    ['constructor', '2'],
  ]);
});

test('a file over 1 MiB is refused whole', (t) => {
  t.is(parsePairs(Buffer.alloc(largestCommandFile, 'a=b\n')).problem, undefined);
  t.like(parsePairs(Buffer.alloc(largestCommandFile + 1, 'a=b\n')), { pairs: [], problem: { line: 1 } });
  t.like(parsePaths(Buffer.alloc(largestCommandFile + 1, 'a\n')), { paths: [], problem: { line: 1 } });
});

test('paths come one a line', (t) => {
  t.deepEqual(parsePaths(Buffer.from('/a b\r\n\n/c\n')).paths, ['/a b', '/c']);
  t.like(parsePaths(Buffer.from('/a\n/b\0\n')), { paths: ['/a'], problem: { line: 2 } });
});

test("the runner's own variables are refused, but for GitHub's steps, which may set them in vain", (t) => {
  for (const name of ['NODE_OPTIONS', 'node_options', 'GITHUB_SHA', 'RUNNER_TEMP', 'LIGHTV_OUTPUT']) {
    t.is(typeof refusedVariable(name, 'lightv'), 'string', name);
    t.is(typeof refusedVariable(name, 'github'), name.toUpperCase() === 'NODE_OPTIONS' ? 'string' : 'undefined', name);
  }
  for (const name of ['CI', 'PATH', 'GITHUB', 'MY_GITHUB_TOKEN']) {
    t.is(refusedVariable(name, 'lightv'), undefined, name);
  }
});
