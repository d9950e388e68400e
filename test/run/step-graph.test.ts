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
