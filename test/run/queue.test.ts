import { setMaxListeners } from 'node:events';
import test from 'ava';
import fc from 'fast-check';
import { type Slot, StepQueue } from '../../runner/run/queue.ts';
import { never } from '../ground/never.ts';

setMaxListeners(0, never);
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Asks for a slot and notes when it comes. */
function ask(queue: StepQueue, cpu: number, memory: number, order = 0, signal = never) {
  const asked: { slot?: Slot; error?: unknown } = {};
  queue.acquire({ cpu, memory }, order, signal).then(
    (slot) => {
      asked.slot = slot;
    },
    (error: unknown) => {
      asked.error = error;
    },
  );
  return asked;
}

test('what fits the budget starts at once, the rest waits for a release', async (t) => {
  const queue = new StepQueue({ cpu: 2, memory: 100 });
  const [one, two, three] = [ask(queue, 1, 10), ask(queue, 1, 10), ask(queue, 1, 10)];
  await turn();
  t.truthy(one.slot);
  t.truthy(two.slot);
  t.is(three.slot, undefined);
  one.slot?.release();
  await turn();
  t.truthy(three.slot);
});

test('memory counts as CPUs do, and so does the number of machines', async (t) => {
  const byMemory = new StepQueue({ cpu: 100, memory: 100 });
  const [big, more] = [ask(byMemory, 1, 60), ask(byMemory, 1, 60)];
  const byNumber = new StepQueue({ cpu: 100, memory: 100, maxParallel: 1 });
  const [first, second] = [ask(byNumber, 1, 1), ask(byNumber, 1, 1)];
  await turn();
  t.truthy(big.slot);
  t.is(more.slot, undefined);
  t.truthy(first.slot);
  t.is(second.slot, undefined);
});

test('one heavy machine that goes makes room for all the light ones', async (t) => {
  const queue = new StepQueue({ cpu: 4, memory: 100 });
  const heavy = ask(queue, 4, 10);
  await turn();
  const light = [ask(queue, 1, 1), ask(queue, 1, 1), ask(queue, 1, 1), ask(queue, 1, 1)];
  await turn();
  t.false(light.some((each) => each.slot !== undefined));
  heavy.slot?.release();
  await turn();
  t.true(light.every((each) => each.slot !== undefined));
});

test('what is heavier than the budget runs, but alone', async (t) => {
  const queue = new StepQueue({ cpu: 2, memory: 100 });
  const small = ask(queue, 1, 1);
  await turn();
  const huge = ask(queue, 16, 1000);
  await turn();
  t.is(huge.slot, undefined);
  small.slot?.release();
  await turn();
  t.truthy(huge.slot);
  const next = ask(queue, 0.5, 1);
  await turn();
  t.is(next.slot, undefined);
  huge.slot?.release();
  await turn();
  t.truthy(next.slot);
});

test('a release given twice gives back once', async (t) => {
  const queue = new StepQueue({ cpu: 1, memory: 100 });
  const one = ask(queue, 1, 1);
  await turn();
  one.slot?.release();
  one.slot?.release();
  const [two, three] = [ask(queue, 1, 1), ask(queue, 1, 1)];
  await turn();
  t.truthy(two.slot);
  t.is(three.slot, undefined);
});

test('lower order goes first, then who came first', async (t) => {
  const queue = new StepQueue({ cpu: 1, memory: 100 });
  const running = ask(queue, 1, 1);
  await turn();
  const [late, early] = [ask(queue, 1, 1, 2), ask(queue, 1, 1, 1)];
  running.slot?.release();
  await turn();
  t.truthy(early.slot);
  t.is(late.slot, undefined);
});

test('light work overtakes heavy work, but not for ever', async (t) => {
  const queue = new StepQueue({ cpu: 2, memory: 100 });
  let [one, two] = [ask(queue, 1, 1), ask(queue, 1, 1)];
  await turn();
  const heavy = ask(queue, 2, 1);
  let overtaken = 0;
  while (heavy.slot === undefined && overtaken < 1000) {
    const next = ask(queue, 1, 1, 1);
    one.slot?.release();
    await turn();
    if (next.slot === undefined) {
      two.slot?.release();
      await turn();
      break;
    }
    overtaken += 1;
    [one, two] = [two, next];
  }
  t.truthy(heavy.slot);
  t.true(overtaken > 0);
});

test('an abort takes out what waits, and leaves alone what runs', async (t) => {
  const queue = new StepQueue({ cpu: 1, memory: 100 });
  const stop = new AbortController();
  const running = ask(queue, 1, 1, 0, stop.signal);
  await turn();
  const [waiting, other] = [ask(queue, 1, 1, 0, stop.signal), ask(queue, 1, 1)];
  stop.abort(new Error('stop'));
  await turn();
  t.is((waiting.error as Error | undefined)?.message, 'stop');
  t.truthy(running.slot);
  t.is(other.slot, undefined);
  const late = ask(queue, 1, 1, 0, stop.signal);
  await turn();
  t.truthy(late.error);
  running.slot?.release();
  await turn();
  t.truthy(other.slot);
});

test('property: never over the budget but alone, and everybody gets a turn', async (t) => {
  const weight = fc.record({ cpu: fc.integer({ min: 1, max: 6 }), memory: fc.integer({ min: 1, max: 60 }) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(weight, { maxLength: 30 }),
      fc.option(fc.integer({ min: 1, max: 3 })),
      async (all, most) => {
        const queue = new StepQueue({ cpu: 4, memory: 40, ...(most === null ? {} : { maxParallel: most }) });
        const up = new Set<(typeof all)[number]>();
        const work = all.map(async (each, order) => {
          const slot = await queue.acquire(each, order % 3, never);
          up.add(each);
          const sum = (key: 'cpu' | 'memory') => [...up].reduce((total, one) => total + one[key], 0);
          t.true(up.size === 1 || (sum('cpu') <= 4 && sum('memory') <= 40));
          t.true(up.size <= (most ?? Number.POSITIVE_INFINITY));
          await turn();
          up.delete(each);
          slot.release();
        });
        await Promise.all(work);
        t.is(up.size, 0);
      },
    ),
    { numRuns: 60 },
  );
});
