import test from 'ava';
import type { PlannedStep } from '../../runner/model/plan.ts';
import { StepGraph } from '../../runner/run/step-graph.ts';

function graph(needs: Readonly<Record<string, readonly string[]>>): StepGraph {
  return new StepGraph(
    Object.entries(needs).map(([id, of]) => ({ id, needs: of, work: {} }) as unknown as PlannedStep),
  );
}

test('a step forks the disk of its one need, or of the nearest ancestor its needs share', (t) => {
  const steps = graph({ a: [], b: ['a'], c: ['a'], d: ['b'], join: ['d', 'c'], far: ['join', 'x'], x: [] });
  t.is(steps.base('a'), undefined);
  t.is(steps.base('d'), 'b');
  t.is(steps.base('join'), 'a');
  t.is(steps.base('far'), undefined);
});

test('a long row of steps, and one in which each step needs all before it, are no more work than they are long', (t) => {
  const ids = Array.from({ length: 300 }, (_, at) => `s${at}`);
  const row = graph(Object.fromEntries(ids.map((id, at) => [id, at === 0 ? [] : [`s${at - 1}`]])));
  t.is(row.base('s299'), 's298');
  const all = graph(Object.fromEntries(ids.slice(0, 60).map((id, at) => [id, ids.slice(0, at)])));
  t.is(all.base('s1'), 's0');
  t.is(all.base('s59'), 's0');
});

test('of two needs one of which leads to the other, the earlier is what they share', (t) => {
  t.is(graph({ a: [], b: ['a'], c: ['a', 'b'] }).base('c'), 'a');
});

test('needed goes all the way', (t) => {
  const steps = graph({ a: [], b: ['a'], c: ['b'], d: [] });
  t.deepEqual([...steps.needed('c')], ['b', 'a']);
});

test('an heir is the only one who needs a step, and needs nothing else', (t) => {
  const steps = graph({ a: [], b: ['a'], c: ['b'], d: ['b'], e: [], f: ['c', 'e'] });
  t.is(steps.heir('a'), 'b');
  t.is(steps.heir('b'), undefined);
  t.is(steps.heir('c'), undefined);
  t.is(steps.heir('f'), undefined);
});

/** A row as a GitHub job has it: `&a` runs in the background, `wait a b` and `cancel a` are steps of that id. */
function row(...words: readonly string[]): StepGraph {
  let before: readonly string[] = [];
  const steps = words.map((word) => {
    const [kind = '', ...of] = word.split(' ');
    const background = word.startsWith('&');
    const id = background ? word.slice(1) : word;
    const work = of.length > 0 ? { kind, steps: of } : { kind: 'script' };
    const step = { id, work, needs: before, ...(background ? { background } : {}) };
    before = background ? before : [id];
    return step as unknown as PlannedStep;
  });
  return new StepGraph(steps);
}

test('steps share a machine from one in the background to the one behind which there is none any more', (t) => {
  const steps = row('a', '&b', 'c', '&d', 'wait b', 'e', 'cancel d', 'f', '&g', 'wait g');
  t.deepEqual(steps.companions('a'), []);
  t.deepEqual(steps.companions('e'), ['b', 'c', 'd', 'wait b', 'e', 'cancel d']);
  t.deepEqual(steps.companions('f'), []);
  t.deepEqual(steps.companions('g'), ['g', 'wait g']);
});

test('steps on one machine have one disk after the other, and the next step goes on from the last of them', (t) => {
  const steps = row('a', '&b', 'c', 'wait b', 'd');
  t.deepEqual(
    ['b', 'c', 'wait b', 'd'].map((id) => steps.base(id)),
    ['a', 'b', 'c', 'wait b'],
  );
  t.deepEqual(
    ['a', 'b', 'c', 'wait b'].map((id) => steps.heir(id)),
    ['b', 'c', 'wait b', 'd'],
  );
});

test('a step in the background is seen behind the step that waited for it or ended it, and takes effect there', (t) => {
  const steps = row('&a', '&b', 'c', 'wait b', 'd', 'cancel a', 'e', 'wait a b', 'f');
  t.deepEqual([...steps.needed('c')], []);
  t.deepEqual([...steps.needed('d')].sort(), ['b', 'c', 'wait b']);
  t.deepEqual([...steps.needed('e')].sort(), ['a', 'b', 'c', 'cancel a', 'd', 'wait b']);
  t.deepEqual(
    steps.inEffect.map(({ id }) => id),
    ['c', 'b', 'wait b', 'd', 'a', 'cancel a', 'e', 'wait a b', 'f'],
  );
});
