import test from 'ava';
import { renderProblem } from '../../runner/workflow/problem-text.ts';

function shown(line: string, column: number, length: number): string[] {
  const problem = { message: 'm', place: { file: 'f', line: 2, column, length } };
  return renderProblem(problem, `first\n${line}\r\nlast`).split('\n');
}

test('a problem is shown with its line and a caret', (t) => {
  t.deepEqual(shown('a: bcd', 4, 3), ['f:2:4: m', '  a: bcd', '     ^^^']);
});

test('tabs take four columns and wide characters two', (t) => {
  t.deepEqual(shown('\ta: b', 5, 1), ['f:2:5: m', '      a: b', '         ^']);
  t.deepEqual(shown('日本: b', 5, 1), ['f:2:5: m', '  日本: b', '        ^']);
});

test('a long line is cut around the caret', (t) => {
  const [, source = '', caret = ''] = shown(`${'a'.repeat(300)}XYZ${'b'.repeat(300)}`, 301, 3);
  t.true(source.length <= 104);
  t.regex(source, /^ {2}…a+XYZb+…$/);
  t.is(caret.indexOf('^'), source.indexOf('X'));
  t.is(caret.trim(), '^^^');
});

test('a problem without a place or without its line is its sentence', (t) => {
  t.is(renderProblem({ message: 'm' }, 'text'), 'm');
  t.is(renderProblem({ message: 'm', place: { file: 'f', line: 9, column: 1 } }, 'text'), 'f:9:1: m');
  t.is(renderProblem({ message: 'm', place: { file: 'f', line: 1, column: 1 } }, ''), 'f:1:1: m');
});
