import test from 'ava';
import { readMatchers } from '../../runner/output/matcher-definition.ts';
import { ProblemMatchers } from '../../runner/output/problem-matcher.ts';

function matchers(...definitions: readonly object[]): ProblemMatchers {
  const made = new ProblemMatchers();
  for (const definition of definitions) {
    made.add(readMatchers(JSON.stringify({ problemMatcher: [definition] })));
  }
  return made;
}

function watching(...definitions: readonly object[]) {
  const watch = matchers(...definitions).watch();
  return (lines: readonly string[], onSlow = neverSlow) => lines.map((line) => watch.match(line, onSlow));
}

const neverSlow = (owner: string): void => {
  throw new Error(`${owner} is slow`);
};

const compiler = {
  owner: 'compiler',
  pattern: [
    {
      regexp: '^(.+)\\((\\d+),(\\d+)\\): (error|warning) (\\w+): (.*)$',
      file: 1,
      line: 2,
      column: 3,
      severity: 4,
      code: 5,
      message: 6,
    },
  ],
};

const stylish = {
  owner: 'stylish',
  pattern: [
    { regexp: '^(\\S.*)$', file: 1 },
    {
      regexp: '^\\s+(\\d+):(\\d+)\\s+(error|warning)\\s+(.*?)\\s\\s+(.*)$',
      line: 1,
      column: 2,
      severity: 3,
      message: 4,
      code: 5,
      loop: true,
    },
  ],
};

test('one pattern takes every part from its line, colours or not', (t) => {
  const found = watching(compiler)([
    'src/a.ts(3,7): error TS1: bad',
    'fine',
    '\u001b[31mb.ts(1,2)\u001b[0m: warning W2: so so',
  ]);
  t.deepEqual(found, [
    { severity: 'error', message: 'bad', code: 'TS1', file: 'src/a.ts', line: 3, column: 7 },
    undefined,
    { severity: 'warning', message: 'so so', code: 'W2', file: 'b.ts', line: 1, column: 2 },
  ]);
});

test('a loop takes one problem after the other from one head, until a line does not fit', (t) => {
  const match = watching(stylish);
  const lines = ['a.js', '  1:2  error  no  rule-a', '  3:4  warning  hm  rule-b', '', '  5:6  error  orphan  rule-c'];
  // In two calls: how far a matcher has come is kept between them.
  const found = [...match(lines.slice(0, 2)), ...match(lines.slice(2))];
  t.deepEqual(found, [
    undefined,
    { severity: 'error', message: 'no', code: 'rule-a', file: 'a.js', line: 1, column: 2 },
    { severity: 'warning', message: 'hm', code: 'rule-b', file: 'a.js', line: 3, column: 4 },
    undefined,
    undefined,
  ]);
});

test('three patterns over three lines, and a head that comes twice starts anew', (t) => {
  const match = watching({
    owner: 'three',
    severity: 'Warning',
    pattern: [
      { regexp: '^in (.*)$', file: 1 },
      { regexp: '^at (\\d+)$', line: 1 },
      { regexp: '^says (.*)$', message: 1 },
    ],
  });
  const found = match(['in one', 'in two', 'at 5', 'says no', 'says again']);
  t.deepEqual(
    found.map((each) => each?.message),
    [undefined, undefined, undefined, 'no', undefined],
  );
  t.like(found[3], { file: 'two', line: 5, severity: 'warning' });
});

test('a later matcher goes first, one of the same owner takes the place of the other, a removed one is gone', (t) => {
  const any = (owner: string) => ({ owner, pattern: [{ regexp: `^(.*) (.*)$`, message: owner === 'b' ? 2 : 1 }] });
  const made = matchers(any('a'), any('b'));
  const watch = made.watch();
  t.is(watch.match('x y', neverSlow)?.message, 'y');
  made.add(
    readMatchers(JSON.stringify({ problemMatcher: [{ owner: 'B', pattern: [{ regexp: '^never$', message: 0 }] }] })),
  );
  t.is(watch.match('x y', neverSlow)?.message, 'x');
  made.remove('A');
  t.is(watch.match('x y', neverSlow), undefined);
});

test('a message that is empty and a severity nobody knows are no problem', (t) => {
  const match = watching({ owner: 'o', pattern: [{ regexp: '^(\\w+):(.*)$', severity: 1, message: 2 }] });
  t.deepEqual(match(['error:', 'fatal: x']), [undefined, undefined]);
});

test('an expression that takes years is given up, and its matcher taken out', (t) => {
  const match = watching({ owner: 'years', pattern: [{ regexp: '^(a+)+$', message: 0 }] }, compiler);
  const slow: string[] = [];
  const evil = `${'a'.repeat(50)}!`;
  for (let at = 0; at < 4; at += 1) {
    const found = match([evil, 'a(1,1): error E: m'], (owner) => void slow.push(owner));
    t.is(found[1]?.message, 'm');
  }
  t.deepEqual(slow, ['years']);
});

test('a file that is no matcher says what is wrong', (t) => {
  const file = (...pattern: object[]) => JSON.stringify({ problemMatcher: [{ owner: 'o', pattern }] });
  const wrong: [string, RegExp][] = [
    ['{', /not JSON/],
    [file(), /pattern/],
    [file({ regexp: 'x' }), /sets "message"/],
    [file({ regexp: 'x', message: 1 }, { regexp: 'y', message: 1 }), /"message" in more than one/],
    [file({ regexp: 'x', message: 1, loop: true }), /last of several/],
    [file({ regexp: 'x', file: 1, loop: true }, { regexp: 'y', message: 1 }), /last of several/],
    [JSON.stringify({ problemMatcher: [compiler, { ...compiler, owner: 'Compiler' }] }), /stands twice/],
  ];
  for (const [text, message] of wrong) {
    t.throws(() => readMatchers(text), { message }, text);
  }
  t.throws(() => matchers({ owner: 'o', pattern: [{ regexp: '(', message: 0 }] }), { message: /\(/ });
});
