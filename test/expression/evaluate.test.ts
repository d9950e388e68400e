import test from 'ava';
import { checkTemplate, contextsOf, referencesOf } from '../../runner/expression/check.ts';
import { ExpressionError } from '../../runner/expression/error.ts';
import { evaluateCondition, evaluateTemplate, fillTemplate } from '../../runner/expression/evaluate.ts';
import { NeedsFiles, type Scope } from '../../runner/expression/scope.ts';

const template = (text: string) => ({ text, place: { file: 'f', line: 3, column: 5 } });
const contexts = { matrix: { constructor: 'c', OS: 'Linux', list: [1, 2] }, env: { A: 'a' } };
const status = (name: 'success' | 'failure' | 'cancelled') => ({
  contexts,
  status: { success: false, failure: false, cancelled: false, [name]: true },
});

test('values become text as GitHub writes them', (t) => {
  const fill = (text: string) => fillTemplate(template(text), { contexts });
  t.is(fill('a${{ null }}b ${{ true }} ${{ 1.50 }} ${{ matrix }} ${{ matrix.list }}'), 'ab true 1.5 Object Array');
  t.is(fill("${{ 'it''s ''}}''' }}!"), "it's '}}'!");
  t.is(fill('${{ MATRIX.os }} ${{ matrix.constructor }} ${{ matrix.toString }}${{ steps.a.b }}'), 'Linux c ');
  t.is(fill("${{ format('{0}{1}', 'a''b''c', 1) }}"), "a'b'c1");
});

test('one expression alone keeps its type', (t) => {
  const value = (text: string) => evaluateTemplate(template(text), { contexts });
  t.deepEqual(value('${{ fromJSON(\'{"a":[1,null,true]}\') }}'), { a: [1, null, true] });
  t.is(value('${{ 1 }}'), 1);
  t.is(value('${{ 1 }}${{ 2 }}'), '12');
});

test('fromJSON reads what people write by hand, as GitHub does', (t) => {
  const value = (text: string) => evaluateTemplate(template(text), { contexts });
  t.deepEqual(value("${{ fromJSON('[''a'', ''b'',]') }}"), ['a', 'b']);
  t.deepEqual(value("${{ fromJSON('{a: 1, /* of two */ ''b c'': {},}') }}"), { a: 1, 'b c': {} });
  for (const text of ['[a]', "''a", '{a: }', '[1] 2', '']) {
    t.throws(() => value(`\${{ fromJSON('${text.replaceAll("'", "''")}') }}`), { message: /fromJSON was given/ }, text);
  }
});

test('a condition that names no status function holds only under success', (t) => {
  const holds = (text: string | undefined, scope: Scope) =>
    evaluateCondition(text === undefined ? undefined : template(text), scope);
  t.deepEqual(
    [undefined, 'true', "env.A == 'A'", '${{ env.A }}', "''", '0'].map((text) => holds(text, status('success'))),
    [true, true, true, true, false, false],
  );
  t.deepEqual(
    [undefined, 'true', 'always()', 'failure()', '!cancelled()', "contains('failure()', 'f')"].map((text) =>
      holds(text, status('failure')),
    ),
    [false, false, true, true, true, false],
  );
});

test('a failing expression names its place', (t) => {
  const error = t.throws(() => fillTemplate(template('x\ny ${{ fromJSON(env.A) }}'), { contexts }), {
    instanceOf: ExpressionError,
  });
  t.is(error?.message, 'the expression failed: fromJSON was given a text that is not JSON');
  t.deepEqual(error?.place, { file: 'f', line: 4, column: 11, length: 15 });
});

test('files are asked for and the evaluation done again', (t) => {
  const text = template("${{ matrix[hashFiles('a', 'b')] }}");
  const asked = t.throws(
    () =>
      fillTemplate(text, {
        contexts,
        hashFiles: (patterns) => {
          throw new NeedsFiles(patterns);
        },
      }),
    {
      instanceOf: NeedsFiles,
    },
  );
  t.deepEqual(asked?.patterns, ['a', 'b']);
  t.is(fillTemplate(text, { contexts, hashFiles: () => 'os' }), 'Linux');
});

test('all problems of a template are told with their places', (t) => {
  const problems = checkTemplate(template("${{ foo.x && constructor() }} ${{ 'a\n' == bar }}"), {
    contexts: ['env'],
    functions: [],
  });
  t.deepEqual(
    problems.map(({ message, place }) => [message.split(';')[0], place?.line, place?.column]),
    [
      ["unknown context 'foo'", 3, 9],
      ["unknown function 'constructor'", 3, 18],
      ["unknown context 'bar'", 4, 10],
    ],
  );
});

test('what a template reads is known without evaluating it', (t) => {
  const text = template("${{ needs.build.outputs['x'] || Steps[env.S].outputs.y }} needs.text");
  t.deepEqual([...contextsOf(text)], ['needs', 'steps', 'env']);
  t.deepEqual(
    referencesOf(text).map(({ context, path }) => [context, ...path]),
    [
      ['needs', 'build', 'outputs', 'x'],
      ['steps', undefined],
      ['env', 'S'],
    ],
  );
});

test('numbers have fifteen digits, and an exponent where they are very large or small', (t) => {
  const written = [1e14, 123456789012345680, 0.1 + 0.2, 0.00001234, 0.000001, -0, -2.5e-7, Number.NaN, -1 / 0];
  const fill = (value: number) => fillTemplate(template('${{ env.n }}'), { contexts: { env: { n: value } } });
  t.deepEqual(written.map(fill), [
    '100000000000000',
    '1.23456789012346E+17',
    '0.3',
    '1.234E-05',
    '1E-06',
    '0',
    '-2.5E-07',
    'NaN',
    '-Infinity',
  ]);
  t.is(fillTemplate(template("${{ format('{0}', 1000000000000000) }}"), { contexts }), '1E+15');
});

test('case evaluates no more than it needs', (t) => {
  const value = (text: string) => evaluateTemplate(template(text), { contexts });
  t.is(value("${{ case(env.A == 'b', fromJSON(''), true, 2, fromJSON('')) }}"), 2);
  t.is(value("${{ case(false, 1, 'else') }}"), 'else');
  t.throws(() => value("${{ case('true', 1, 2) }}"), { message: /must be true or false/ });
});

test('the text that an expression makes is bounded', (t) => {
  const scope: Scope = { contexts: { env: { A: 'x'.repeat(1000) } }, mostText: 5000 };
  t.is(fillTemplate(template("${{ format('{0}{0}{0}{0}', env.A) }}"), scope).length, 4000);
  t.throws(() => fillTemplate(template("${{ format('{0}', format('{0}{0}{0}', env.A)) }}"), scope), {
    message: /more than 5000 characters/,
  });
});

test('a name nobody knows is told although the expression cannot be read', (t) => {
  const problems = checkTemplate(template('${{ fromJSON(foo.x, env.a }}'), { contexts: ['env'], functions: [] });
  t.deepEqual(
    problems.map(({ message, place }) => [message.split(';')[0], place?.column]),
    [
      ["unknown context 'foo'", 18],
      ['unexpected end of expression', 31],
    ],
  );
});
