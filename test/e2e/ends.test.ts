import { existsSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { canRun, machineTest } from '../machines.ts';
import { descendants, goneSoon, leftOf, processesOf } from './leftovers.ts';
import { endOf, home, interrupt, lightv, logOf, pipeline, type Running, run, start } from './lightv.ts';

/** Starts a pipeline and waits until each of these jobs has said that it is up. */
async function upAndRunning(t: ExecutionContext, folder: string, file: string, jobs: readonly string[]) {
  const running = start(t, folder, ['run', file, '--json', '--accel', 'tcg']);
  let id = '';
  for (const job of jobs) {
    ({ run: id } = await running.until((event) => event.type === 'log' && event.job === job && event.text === 'up'));
  }
  return { running, run: id };
}

async function stateOf(t: ExecutionContext, folder: string, id: string): Promise<string | undefined> {
  const { stdout } = await lightv(t, folder, ['ps', '-a', '--json']);
  const rows = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: string; state: string });
  return rows.find((row) => row.id === id)?.state;
}

const sleeper = `
long:
  steps:
    - id: sleep
      run: echo up; sleep 300
    - id: ordinary
      run: echo ordinary
    - id: tidy
      if: always()
      run: echo tidied
deaf:
  steps:
    - run: |
        trap '' TERM INT
        echo up
        while :; do sleep 0.2; done
`;

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  machineTest('sandbox', `${signal} once: always() runs, all is cleaned up, 130`, async (t) => {
    t.timeout(180_000);
    const folder = home(t);
    const { running, run: id } = await upAndRunning(t, folder, pipeline(folder, sleeper), ['long', 'deaf']);
    t.true(processesOf(id, folder).length > 0);
    interrupt(running, signal);
    t.is(await running.ended, 130, running.stderr());
    t.like(running.events.at(-1), { type: 'run-end', conclusion: 'cancelled', exitCode: 130 });
    t.like(endOf(running.events, 'long', 'sleep'), { conclusion: 'cancelled', reason: 'cancelled' });
    t.is(logOf(running.events, 'long', 'ordinary'), '');
    t.is(logOf(running.events, 'long', 'tidy'), 'tidied');
    t.is(endOf(running.events, 'long', 'tidy')?.conclusion, 'success');
    t.is(endOf(running.events, 'deaf')?.conclusion, 'cancelled');
    t.deepEqual(leftOf(id, folder), []);
    t.is(await stateOf(t, folder, id), 'cancelled');
  });
}

machineTest('sandbox', 'Ctrl-C twice: 130 at once, and the next run sweeps the rest', async (t) => {
  t.timeout(180_000);
  const folder = home(t);
  const { running, run: id } = await upAndRunning(t, folder, pipeline(folder, sleeper), ['long', 'deaf']);
  interrupt(running);
  await running.until((event) => event.type === 'notice' && /once more kills everything/.test(event.text));
  const since = Date.now();
  interrupt(running);
  t.is(await running.ended, 130, running.stderr());
  // A clean-up would wait ten seconds for the deaf step, and five minutes for an always() step that does not end.
  t.true(Date.now() - since < 8_000);
  t.deepEqual(await goneSoon(() => processesOf(id, folder)), []);
  const next = await run(t, folder, pipeline(folder, 'next:\n  steps:\n    - run: echo next', undefined, 'next.yaml'));
  t.is(next.code, 0, next.stderr);
  t.deepEqual(leftOf(id, folder), []);
  t.is(await stateOf(t, folder, id), 'lost');
});

test.serial('LightV killed with -9: its machines die with it, and the next run sweeps what they had', async (t) => {
  const withMicrovm = await canRun(t, 'microvm');
  if (!(await canRun(t, 'sandbox'))) {
    return;
  }
  t.timeout(300_000);
  const folder = home(t);
  const up = 'steps:\n    - run: echo up; sleep 300';
  const file = pipeline(
    folder,
    `
plain:
  ${up}
connected:
  network: full
  ${up}
${withMicrovm ? `own-kernel:\n  isolation: microvm\n  resources: {cpu: 0.5}\n  ${up}` : ''}
`,
    'isolation: sandbox\nresources: {cpu: 0.5}',
  );
  const { running, run: id } = await upAndRunning(t, folder, file, [
    'plain',
    'connected',
    ...(withMicrovm ? ['own-kernel'] : []),
  ]);
  const before = leftOf(id, folder);
  for (const [what, words] of Object.entries({
    sandbox: /^process \d+ bwrap /,
    network: /^process \d+ .*pasta/,
    ...(withMicrovm ? { microvm: /^process \d+ qemu-system/ } : {}),
    device: /^loop device/,
    group: /^group /,
    disks: /^folder .*disks$/,
  })) {
    t.true(
      before.some((left) => words.test(left)),
      `${what} is not seen while it is there: ${before.join('\n')}`,
    );
  }
  const children = descendants(running.child.pid);
  process.kill(running.child.pid, 'SIGKILL');
  t.is(await running.ended, 'SIGKILL');
  t.deepEqual(await goneSoon(() => processesOf(id, folder)), []);
  t.deepEqual(await goneSoon(() => children.filter((pid) => existsSync(`/proc/${pid}/exe`)).map(String)), []);
  t.is(await stateOf(t, folder, id), 'lost');
  const next = await run(t, folder, pipeline(folder, 'next:\n  steps:\n    - run: echo next', undefined, 'next.yaml'));
  t.is(next.code, 0, next.stderr);
  t.regex(next.stderr, new RegExp(`the run ${id} was killed; removed what it left`));
  t.deepEqual(leftOf(id, folder), []);
});

machineTest('sandbox', 'two runs at once: each has its own, and the sweep of one leaves the other alone', async (t) => {
  t.timeout(120_000);
  const folder = home(t);
  const wait = 'one:\n  steps:\n    - run: echo up; while [ ! -e /tmp/never ]; do sleep 0.2; done';
  const first = await upAndRunning(t, folder, pipeline(folder, wait), ['one']);
  const quick = 'two:\n  steps:\n    - run: echo two\n    - run: echo more';
  const file = pipeline(folder, quick, undefined, 'q.yaml');
  const others = await Promise.all([run(t, folder, file), run(t, folder, file)]);
  t.deepEqual(
    others.map(({ code }) => code),
    [0, 0],
  );
  t.true(processesOf(first.run, folder).length > 0);
  t.is(await stateOf(t, folder, first.run), 'running');
  interrupt(first.running);
  t.is(await first.running.ended, 130);
  const runs = [first.running as Pick<Running, 'events'>, ...others].map(({ events }) => events[0]?.run ?? '');
  t.is(new Set(runs).size, 3);
  t.deepEqual(
    runs.flatMap((id) => leftOf(id, folder)),
    [],
  );
});
