import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { RunEvent } from '../../runner/model/event.ts';
import { machineTest } from '../machines.ts';
import { leftOf } from './leftovers.ts';
import { home, interrupt, pipeline, start } from './lightv.ts';

/** A repository of its own, apart from what LightV keeps. */
function project(t: ExecutionContext): { folder: string; top: string } {
  const folder = home(t);
  const top = join(folder, 'proj');
  mkdirSync(top);
  execFileSync('git', ['init', '-q'], { cwd: top });
  writeFileSync(join(top, '.gitignore'), 'ignored\n');
  writeFileSync(join(top, 'word'), 'one\n');
  return { folder, top };
}

const says = (text: string) => (event: RunEvent) => event.type === 'log' && event.text === text;

/** Resolves once stderr says this for the `times`-th time. */
async function told(running: ReturnType<typeof start>, words: string, times: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const look = () => {
      if (running.stderr().split(words).length > times) {
        running.child.stderr?.removeListener('data', look);
        resolve();
      }
    };
    running.child.stderr?.on('data', look);
    look();
  });
}

machineTest(
  'sandbox',
  'a change starts a new run, what git ignores and what the run writes does not; Ctrl-C ends',
  async (t) => {
    t.timeout(120_000);
    const { folder, top } = project(t);
    const file = pipeline(
      top,
      'j:\n  checkout: true\n  steps:\n    - run: cat word\n      artifacts: {name: a, path: word}',
    );
    const running = start(t, folder, ['run', file, '--json', '--watch', '--out', join(top, 'out')]);
    await running.until(says('one'));
    await told(running, 'waiting for a change', 1);
    writeFileSync(join(top, 'ignored'), 'x');
    writeFileSync(join(top, 'word'), 'two\n');
    await running.until(says('two'));
    await told(running, 'waiting for a change', 2);
    t.regex(running.stderr(), /word changed/);
    // A file nobody has added yet counts as well, and a wrong pipeline is waited for.
    writeFileSync(file, 'jobs: {j: {stepz: []}}\n');
    await told(running, 'waiting for a change', 3);
    t.regex(running.stderr(), /stepz/);
    pipeline(top, 'j:\n  checkout: true\n  steps:\n    - run: cat word new');
    writeFileSync(join(top, 'new'), 'three\n');
    await running.until(says('three'));
    await told(running, 'waiting for a change', 4);
    interrupt(running);
    t.is(await running.ended, 130);
    const runs = running.events.filter(({ type }) => type === 'run-start');
    t.is(runs.length, 3);
    t.deepEqual(
      runs.flatMap(({ run }) => leftOf(run, folder)),
      [],
    );
  },
);

machineTest('sandbox', 'a change while a run goes on ends it; nothing of it is kept', async (t) => {
  t.timeout(120_000);
  const { folder, top } = project(t);
  const file = pipeline(
    top,
    'j:\n  checkout: true\n  steps:\n    - run: cat word; [ "$(cat word)" = two ] || sleep 300',
  );
  const running = start(t, folder, ['run', file, '--json', '--watch']);
  await running.until(says('one'));
  writeFileSync(join(top, 'word'), 'two\n');
  await running.until(says('two'));
  await told(running, 'waiting for a change', 1);
  const ends = running.events.flatMap((event) => (event.type === 'run-end' ? [event.conclusion] : []));
  t.deepEqual(ends, ['cancelled', 'success']);
  for (const run of readdirSync(join(folder, 'state/runs'))) {
    t.deepEqual(leftOf(run, folder), []);
    t.false(readdirSync(join(folder, 'state/runs', run)).includes('disks'));
  }
  rmSync(join(top, 'word'));
  writeFileSync(file, 'jobs: {}\n');
  await told(running, 'waiting for a change', 2);
  interrupt(running, 'SIGTERM');
  t.is(await running.ended, 130);
});

machineTest('sandbox', 'Ctrl-C while a watched run goes on ends both', async (t) => {
  t.timeout(120_000);
  const { folder, top } = project(t);
  const running = start(t, folder, [
    'run',
    pipeline(top, 'j:\n  steps:\n    - run: echo up; sleep 300'),
    '--json',
    '--watch',
  ]);
  const { run } = await running.until(says('up'));
  interrupt(running);
  t.is(await running.ended, 130);
  t.deepEqual(leftOf(run, folder), []);
  t.is(running.events.filter(({ type }) => type === 'run-start').length, 1);
});
