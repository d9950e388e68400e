import test, { type ExecutionContext } from 'ava';
import type { FetchAction } from '../../runner/model/action.ts';
import { linked, workflowFolder } from './workflow-files.ts';

/** A file that others can call, and that calls those named. */
function calling(...names: string[]): string {
  const jobs = names.map((name, index) => `  j${index}: { uses: ./.github/workflows/${name} }\n`);
  return `on: [push, workflow_call]\njobs:\n  own: { runs-on: x, steps: [{ run: x }] }\n${jobs.join('')}`;
}

/** `first` calls the next one, and so on: that many files. */
function chain(count: number): Record<string, string> {
  const names = Array.from({ length: count }, (_, index) => `f${index}.yml`);
  return Object.fromEntries(names.map((name, index) => [name, calling(...names.slice(index + 1, index + 2))]));
}

/** One file that calls all the others. */
function fan(count: number): Record<string, string> {
  const names = Array.from({ length: count }, (_, index) => `f${index}.yml`);
  return { 'top.yml': calling(...names), ...Object.fromEntries(names.map((name) => [name, calling()])) };
}

async function problems(t: ExecutionContext, files: Record<string, string>, name: string) {
  const found = await linked(workflowFolder(t, files), name);
  return 'jobs' in found ? [] : found;
}

test('ten levels of files are allowed and no more, wherever the reading begins', async (t) => {
  t.deepEqual(await problems(t, chain(10), 'f0.yml'), []);
  const deep = 'workflows call each other more than 10 levels deep, ./.github/workflows/f0.yml counted as the first';
  t.deepEqual(await problems(t, chain(11), 'f0.yml'), [`f9.yml:4 ${deep}`]);
  const known = { ...chain(10), 'a.yml': calling('f1.yml', 'f0.yml') };
  t.deepEqual(await problems(t, known, 'a.yml'), [
    'f0.yml:4 workflows call each other more than 10 levels deep, ./.github/workflows/a.yml counted as the first',
  ]);
});

test('fifty files are allowed and no more, each counted once', async (t) => {
  t.deepEqual(await problems(t, fan(50), 'top.yml'), []);
  const many = './.github/workflows/top.yml calls more than 50 workflows, directly and through others';
  t.deepEqual(await problems(t, fan(51), 'top.yml'), [`top.yml:54 ${many}`]);
  const twice: Record<string, string> = { ...fan(49), 'more.yml': calling('f0.yml', 'f1.yml') };
  twice['top.yml'] =
    `${twice['top.yml']}  again: { uses: ./.github/workflows/f0.yml }\n  more: { uses: ./.github/workflows/more.yml }\n`;
  t.deepEqual(await problems(t, twice, 'top.yml'), []);
});

const wide = Object.fromEntries(
  Array.from({ length: 9 }, (_, index) => [`f${index}.yml`, calling(...Array(20).fill(`f${index + 1}.yml`))]),
);

test('what is wrong at the bottom of many ways is told once', async (t) => {
  const wrong = `${calling()}  b: { runs-on: x, needs: c, steps: [{ run: x }] }\n`;
  t.deepEqual(await problems(t, { ...wide, 'f9.yml': wrong }, 'f0.yml'), [
    "f9.yml:4 'needs' names 'c', but there is no such job; jobs: own",
  ]);
});

test('files that call each other many times over are read once each', async (t) => {
  const found = await linked(workflowFolder(t, { ...wide, 'f9.yml': calling() }), 'f0.yml');
  if (!('jobs' in found)) {
    t.fail(found.join('\n'));
    return;
  }
  const called = found.jobs.flatMap(({ call }) => call?.workflow ?? []);
  t.is(called.length, 20);
  t.is(new Set(called).size, 1);
});

const elsewhere = (files: Record<string, string>): FetchAction => {
  return async (repository, ref) => ({
    repository,
    ref,
    commit: ref.startsWith('v') ? '1'.repeat(40) : ref,
    read: async (path) => files[path.replace('.github/workflows/', '')],
    // biome-ignore lint/correctness/useYield: it is not asked for
    tar: async function* () {
      throw new Error('nobody asks for files');
    },
  });
};

test('of another repository one commit is one place, whatever it is called by', async (t) => {
  const top = workflowFolder(t, {
    'ci.yml': 'on: push\njobs:\n  a: { uses: octo/flows/.github/workflows/a.yml@v1 }\n',
  });
  const fetch = elsewhere({
    'a.yml': 'on: workflow_call\njobs:\n  b: { uses: Octo/flows/.github/workflows/a.yml@v2 }\n',
  });
  t.deepEqual(await linked(top, 'ci.yml', fetch), [
    'a.yml@v1:3 workflows call each other in a circle: octo/flows/.github/workflows/a.yml@v1 -> Octo/flows/.github/workflows/a.yml@v2',
  ]);
});

test('a called workflow knows its repository, its commit and its path', async (t) => {
  const top = workflowFolder(t, {
    'ci.yml': 'on: push\njobs:\n  a: { uses: octo/flows/.github/workflows/a.yml@v1 }\n',
  });
  const fetch = elsewhere({ 'a.yml': calling('b.yml'), 'b.yml': calling() });
  const found = await linked(top, 'ci.yml', fetch);
  const origin = { repository: 'octo/flows', ref: 'v1', sha: '1'.repeat(40) };
  const a = 'jobs' in found ? found.jobs[0]?.call?.workflow : undefined;
  const b = a?.jobs[1]?.call?.workflow;
  t.deepEqual([a?.path, a?.origin], ['.github/workflows/a.yml', origin]);
  t.deepEqual([b?.path, b?.origin], ['.github/workflows/b.yml', origin]);
});
