import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import Libsql from 'libsql';
import { HostFault, WrongInput } from '../../runner/host/fault.ts';
import type { RunEvent } from '../../runner/model/event.ts';
import { readLines } from '../../runner/store/step-log.ts';
import { openStore } from '../../runner/store/store.ts';
import { folder } from '../ground/folder.ts';

const time = '2026-01-02T03:04:05.678Z';
const aRun = { workflow: 'demo', file: '/x/demo.yaml' };

function eventsOf(run: string): RunEvent[] {
  const at = { run, time };
  const step = { ...at, job: 'build (a/b, ü)', step: 'make' };
  const end = { conclusion: 'failure', outcome: 'failure', exitCode: 7, reason: 'exit-code', outputs: {} } as const;
  return [
    { ...at, type: 'run-start', ...aRun, jobs: [step.job] },
    { ...at, type: 'job-start', job: step.job, name: 'Build' },
    { ...step, type: 'step-start', name: 'Make', attempt: 1, machine: { id: 'm1', isolation: 'sandbox' } },
    { ...step, type: 'log', stream: 'stdout', text: 'one', line: 1 },
    { ...step, type: 'log', stream: 'stderr', text: 'two \u0007 ü', line: 2 },
    { ...step, type: 'step-end', ...end, durationMs: 12 },
    { ...at, type: 'artifact', job: step.job, step: 'make', name: 'out', files: 1, bytes: 3 },
    { ...at, type: 'artifact', job: step.job, step: 'make', name: 'out', files: 1, bytes: 3, removed: true },
    { ...at, type: 'artifact', job: step.job, step: 'make', name: 'out', files: 2, bytes: 30 },
    { ...at, type: 'job-end', job: step.job, ...end, durationMs: 20 },
    {
      ...at,
      type: 'run-end',
      conclusion: 'failure',
      outcome: 'failure',
      durationMs: 25,
      exitCode: 1,
      reason: 'exit-code',
    },
  ];
}

test('two runs never have one id', (t) => {
  const ids = ['one', 'one', 'one', 'two'];
  const store = openStore(folder(t), () => ids.shift() ?? 'none left');
  t.is(store.begin(aRun).id, 'one');
  t.is(store.begin(aRun).id, 'two');
  store.close();
});

test('what a run tells is found again by another opening of the store', async (t) => {
  const home = folder(t);
  const store = openStore(home);
  const run = store.begin(aRun);
  for (const event of eventsOf(run.id)) {
    await run.recorder.write(event);
  }
  await run.recorder.close('lost', 3);
  store.close();

  const again = openStore(home);
  t.teardown(() => again.close());
  const [record] = again.list();
  t.like(record, { ...aRun, id: run.id, state: 'failure', exitCode: 1, endedAt: time, reason: 'exit-code' });
  t.deepEqual(again.jobs(run.id), [
    {
      id: 'build (a/b, ü)',
      name: 'Build',
      startedAt: time,
      conclusion: 'failure',
      outcome: 'failure',
      exitCode: 7,
      reason: 'exit-code',
      durationMs: 20,
    },
  ]);
  const [step] = again.steps(run.id);
  t.like(step, {
    job: 'build (a/b, ü)',
    id: 'make',
    attempt: 1,
    isolation: 'sandbox',
    conclusion: 'failure',
    exitCode: 7,
  });
  t.deepEqual(again.artifacts(run.id), [{ name: 'out', job: 'build (a/b, ü)', step: 'make', files: 2, bytes: 30 }]);
  const lines = [];
  for await (const { line } of readLines(join(run.folder, 'logs', step?.log ?? ''), 0)) {
    lines.push(line);
  }
  t.deepEqual(lines, [
    { line: 1, time, stream: 'stdout', text: 'one' },
    { line: 2, time, stream: 'stderr', text: 'two \u0007 ü' },
  ]);
});

test('a log is read on from where the last reading stopped, whole lines only', async (t) => {
  const file = join(folder(t), 'log');
  const kept = (line: number) => JSON.stringify({ line, time, stream: 'stdout', text: `line ${line}` });
  writeFileSync(file, `${kept(1)}\n${kept(2)}\n${kept(3).slice(0, 9)}`);
  const first = [];
  for await (const found of readLines(file, 0)) {
    first.push(found);
  }
  t.deepEqual(
    first.map(({ line }) => line.line),
    [1, 2],
  );
  writeFileSync(file, `${kept(1)}\n${kept(2)}\n${kept(3)}\n`);
  const second = [];
  for await (const found of readLines(file, first.at(-1)?.end ?? 0)) {
    second.push(found.line.text);
  }
  t.deepEqual(second, ['line 3']);
});

test('attempts of a step keep their own logs and ends', async (t) => {
  const store = openStore(folder(t));
  t.teardown(() => store.close());
  const run = store.begin(aRun);
  const step = { run: run.id, time, job: 'j', step: 's' };
  for (const attempt of [1, 2]) {
    const machine = { id: 'm', isolation: 'sandbox' } as const;
    await run.recorder.write({ ...step, type: 'step-start', name: 's', attempt, machine });
    await run.recorder.write({ ...step, type: 'log', stream: 'stdout', text: `attempt ${attempt}`, line: 1 });
  }
  await run.recorder.write({ ...step, type: 'step-end', conclusion: 'success', outcome: 'success', outputs: {} });
  await run.recorder.close('failure', 3);
  const steps = store.steps(run.id);
  t.deepEqual(
    steps.map(({ attempt, conclusion }) => [attempt, conclusion]),
    [
      [1, undefined],
      [2, 'success'],
    ],
  );
  t.not(steps[0]?.log, steps[1]?.log);
  t.is(store.find(run.id).state, 'failure');
});

test('a run whose process was killed is lost, one of a living process is running', async (t) => {
  const home = folder(t);
  const source = `import { openStore } from ${JSON.stringify(new URL('../../runner/store/store.ts', import.meta.url).href)};
    openStore(${JSON.stringify(home)}).begin({ workflow: 'w', file: '/w' }); process.stdout.write('begun'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const store = openStore(home);
  t.teardown(() => store.close());
  const [running] = store.list();
  t.is(running?.state, 'running');
  t.true(store.lives(running?.id ?? ''));
  t.false(await store.remove(running?.id ?? ''));
  child.kill('SIGKILL');
  await once(child, 'exit');
  t.is(store.list()[0]?.state, 'lost');
  t.true(await store.remove(running?.id ?? ''));
  t.deepEqual(store.list(), []);
});

test('a lock does not outlive its boot or pass to another process of the same number', (t) => {
  const home = folder(t);
  const store = openStore(home);
  t.teardown(() => store.close());
  const run = store.begin(aRun);
  t.true(store.lives(run.id));
  for (const lock of [`{"pid":${process.pid},"startTicks":"1","boot":"x"}`, '{"pid":', '']) {
    writeFileSync(join(run.folder, 'lock'), lock);
    t.false(store.lives(run.id), lock);
  }
});

test('ids sort by time and are found by a prefix that only one has', (t) => {
  const store = openStore(folder(t));
  t.teardown(() => store.close());
  const first = store.begin(aRun);
  const second = store.begin(aRun);
  t.regex(first.id, /^[0-9a-z]{9}$/);
  t.is(store.find('latest').id, second.id);
  t.is(store.find(first.id.slice(0, 8) + first.id.slice(8)).id, first.id);
  t.throws(() => store.find('zzzzzz'), { instanceOf: WrongInput, message: /no run "zzzzzz"/ });
  const both = t.throws(() => store.find(first.id.slice(0, 3)), { instanceOf: WrongInput });
  t.true(both?.message.includes(first.id) && both.message.includes(second.id));
});

test('a broken, a newer and an unwritable record are faults of the host that name the file', (t) => {
  const broken = folder(t);
  writeFileSync(
    join(broken, 'lightv.db'),
    'this is not a database at all, but it is long enough to be looked at'.repeat(50),
  );
  t.throws(() => openStore(broken), {
    instanceOf: HostFault,
    message: /lightv\.db.*not a database.*move the file away/,
  });

  const newer = folder(t);
  openStore(newer).close();
  const database = new Libsql(join(newer, 'lightv.db'));
  database.exec('PRAGMA user_version = 1000');
  database.close();
  t.throws(() => openStore(newer), { instanceOf: HostFault, message: /a newer LightV wrote it \(schema 1000/ });

  const file = join(folder(t), 'a-file');
  writeFileSync(file, '');
  t.throws(() => openStore(join(file, 'below')), { instanceOf: HostFault, message: /a-file/ });
});

test('two openings of one record write at once', async (t) => {
  const home = folder(t);
  const stores = [openStore(home), openStore(home)];
  t.teardown(() => {
    for (const store of stores) {
      store.close();
    }
  });
  const ids = stores.flatMap((store) => [store.begin(aRun).id, store.begin(aRun).id]);
  t.is(new Set(ids).size, 4);
  t.deepEqual(
    stores[0]
      ?.list()
      .map((run) => run.id)
      .sort(),
    [...ids].sort(),
  );
});
