import test from 'ava';
import { median, medianRatio, takeTurns, whyNot } from '../../../runner/command/bench/measure.ts';

test('contenders take turns, after one uncounted turn each', async (t) => {
  const order: string[] = [];
  const contender = (name: string) => ({
    name,
    run: async () => {
      order.push(name);
    },
  });
  const timed = await takeTurns([contender('a'), contender('b')], 2);
  t.deepEqual(order, ['a', 'b', 'a', 'b', 'a', 'b']);
  t.deepEqual(
    timed.map(({ name, turns }) => [name, turns.length]),
    [
      ['a', 2],
      ['b', 2],
    ],
  );
});

test('a failing turn is not counted as a time', async (t) => {
  const broken = { name: 'broken', run: () => Promise.reject(new Error('no bwrap')) };
  await t.throwsAsync(takeTurns([broken], 3), { message: 'no bwrap' });
});

test('one that cannot run here is known by its reason', async (t) => {
  t.is(await whyNot({ name: 'broken', run: () => Promise.reject(new Error('no podman')) }), 'no podman');
  t.is(await whyNot({ name: 'able', run: async () => {} }), undefined);
});

test('median and ratio', (t) => {
  t.is(median([3, 1, 2]), 2);
  t.is(median([4, 1, 3, 2]), 2.5);
  t.true(Number.isNaN(median([])));
  t.is(medianRatio({ name: 'a', turns: [2, 40, 6] }, { name: 'b', turns: [1, 10, 3] }), 2);
});
