import test from 'ava';
import fc from 'fast-check';
import type { Json } from '../../runner/model/workflow.ts';
import { cellId, uniqueIds } from '../../runner/plan/cell-id.ts';
import { type Cell, expandMatrix, type MatrixValues } from '../../runner/plan/matrix.ts';

function matrix(axes: { [axis: string]: Json[] }, include: Cell[] = [], exclude: Cell[] = []): MatrixValues {
  return { axes: new Map(Object.entries(axes)), include, exclude };
}

function values(input: MatrixValues): unknown {
  const cells = expandMatrix(input);
  return typeof cells === 'string' ? cells : cells.map((cell) => cell.values);
}

test("the example of GitHub's documentation", (t) => {
  const include = [
    { color: 'green' },
    { color: 'pink', animal: 'cat' },
    { fruit: 'apple', shape: 'circle' },
    { fruit: 'banana' },
    { fruit: 'banana', animal: 'cat' },
  ];
  t.deepEqual(values(matrix({ fruit: ['apple', 'pear'], animal: ['cat', 'dog'] }, include)), [
    { fruit: 'apple', animal: 'cat', color: 'pink', shape: 'circle' },
    { fruit: 'apple', animal: 'dog', color: 'green', shape: 'circle' },
    { fruit: 'pear', animal: 'cat', color: 'pink' },
    { fruit: 'pear', animal: 'dog', color: 'green' },
    { fruit: 'banana' },
    { fruit: 'banana', animal: 'cat' },
  ]);
});

test('an include brings back what an exclude took', (t) => {
  const input = matrix({ os: ['a', 'b'] }, [{ os: 'b', extra: 1 }], [{ os: 'B' }]);
  t.deepEqual(values(input), [{ os: 'a' }, { os: 'b', extra: 1 }]);
});

test('an exclude matches parts of an object', (t) => {
  const input = matrix(
    {
      os: [
        { name: 'a', v: 1 },
        { name: 'b', v: 1 },
      ],
    },
    [],
    [{ os: { name: 'a' } }],
  );
  t.deepEqual(values(input), [{ os: { name: 'b', v: 1 } }]);
});

test('broken matrices are told in a sentence', (t) => {
  t.is(values(matrix({ os: [] })), "the matrix axis 'os' is empty");
  t.is(values(matrix({ os: ['a'] }, [], [{ os: 'a' }])), 'the matrix has no cell: everything is excluded');
  const ten = Array.from({ length: 17 }, (_, index) => index);
  t.is(values(matrix({ a: ten, b: ten })), 'the matrix has 289 cells; at most 256 are allowed');
  const long = Array.from({ length: 1000 }, (_, index) => index);
  t.is(
    values(matrix({ a: long, b: long, c: long })),
    'the matrix has 1000000000 combinations; at most 256 cells are allowed',
  );
});

test('the number of cells follows from axes, excludes and includes', (t) => {
  const size = fc.integer({ min: 1, max: 5 });
  fc.assert(
    fc.property(
      size,
      size,
      fc.uniqueArray(fc.integer({ min: 0, max: 6 })),
      fc.uniqueArray(fc.integer({ min: 0, max: 9 })),
      (m, n, gone, put) => {
        const axis = (length: number) => Array.from({ length }, (_, index) => index);
        const input = matrix(
          { a: axis(m), b: axis(n) },
          put.map((a) => ({ a, extra: true })),
          gone.map((a) => ({ a })),
        );
        const kept = axis(m).filter((a) => !gone.includes(a));
        const own = put.filter((a) => !kept.includes(a)).length;
        const cells = expandMatrix(input);
        if (kept.length * n + own === 0) {
          t.is(typeof cells, 'string');
          return;
        }
        t.is(cells.length, kept.length * n + own);
      },
    ),
  );
});

test('ids name the leaves of a cell in the order of the axes', (t) => {
  t.is(cellId('b', { os: 'linux', node: 18, deep: { x: true, y: [1, null] } }), 'b (linux, 18, true, 1)');
  t.is(cellId('b', { os: '' }), 'b');
  const long = cellId('b', { os: 'x'.repeat(200) });
  t.is(long.length, 100);
  t.true(long.endsWith('...'));
  t.deepEqual(uniqueIds(['a', 'a', 'b', 'a']), ['a', 'a #2', 'b', 'a #3']);
});
