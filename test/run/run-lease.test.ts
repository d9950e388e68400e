import test from 'ava';
import { HostFault, WrongInput } from '../../runner/host/fault.ts';
import type { RunEvent } from '../../runner/model/event.ts';
import { runScenario } from './scenario.ts';

const job = (...steps: string[]) => `jobs:\n  j:\n    steps:\n${steps.map((step) => `      - ${step}\n`).join('')}`;

function exitCode(events: readonly RunEvent[]): number | undefined {
  const last = events.at(-1);
  return last?.type === 'run-end' ? last.exitCode : undefined;
}

test('a sink that fails ends the run and its machines, and leaves the lease to the caller', async (t) => {
  const run = await runScenario(job('{ id: a, run: "say one\\nforever" }', '{ id: b, if: always(), run: say b }'), {
    sink: {
      async write(event) {
        if (event.type === 'log') {
          throw new HostFault('write the log', 'the disk is full');
        }
      },
    },
  });
  t.true(run.error instanceof HostFault);
  t.is(run.backend.up, 0);
  t.is(run.backend.specs.length, 1);
  t.is(run.finished, 0);
  t.deepEqual(run.leftOnDisk, []);
});

test('one event at a time is on its way: a slow sink holds the guest', async (t) => {
  let [onTheWay, most, logs] = [0, 0, 0];
  const run = await runScenario(job('{ id: a, run: flood 600000 }'), {
    sink: {
      async write(event) {
        onTheWay += 1;
        most = Math.max(most, onTheWay);
        logs += event.type === 'log' ? 1 : 0;
        if (logs % 1000 === 0) {
          await new Promise((resolve) => setImmediate(resolve));
        }
        onTheWay -= 1;
      },
    },
  });
  t.is(exitCode(run.events), 0);
  t.is(most, 1);
  t.true(logs > 90_000);
});

test('cancelling while steps wait for room starts none of them', async (t) => {
  const run = await runScenario(
    'jobs:\n  one:\n    steps: [{ run: "say ready\\nforever" }]\n  two:\n    steps: [{ run: say two }]\n',
    {
      services: { budget: { cpu: 1, memory: 2 ** 34, maxParallel: 1 } },
      cancelAt: (event) => event.type === 'log',
    },
  );
  t.is(exitCode(run.events), 130);
  t.is(run.backend.specs.length, 1);
  t.deepEqual(
    run.results.map((result) => result.conclusion),
    ['cancelled', 'cancelled'],
  );
});

test('an always() step that does not end is stopped at the deadline', async (t) => {
  const run = await runScenario(job('{ id: a, run: "say ready\\nforever" }', '{ id: b, if: always(), run: forever }'), {
    services: { cancelDeadline: 200 },
    cancelAt: (event) => event.type === 'log',
  });
  t.is(exitCode(run.events), 130);
  t.deepEqual(
    run.results[0]?.steps.map((step) => [step.id, step.conclusion]),
    [
      ['a', 'cancelled'],
      ['b', 'cancelled'],
    ],
  );
});

test('a running always() step goes on when the run is cancelled', async (t) => {
  const run = await runScenario(job('{ id: a, if: always(), run: "say ready\\nsay done" }'), {
    cancelAt: (event) => event.type === 'log' && event.text === 'ready',
  });
  t.is(run.results[0]?.steps[0]?.conclusion, 'success');
  t.is(exitCode(run.events), 0);
});

test('a cancelled lease before the start runs nothing', async (t) => {
  const run = await runScenario(job('{ id: a, run: say a }'), { cancelAt: (event) => event.type === 'run-start' });
  t.is(run.backend.specs.length, 0);
  t.is(exitCode(run.events), 130);
});

test('the disks of failed steps, and those below them, are kept when asked for', async (t) => {
  const { mkdtemp, readdir, rm, writeFile } = await import('node:fs/promises');
  const folder = await mkdtemp('/tmp/lightv-keep-');
  const run = await runScenario(
    job('{ id: a, run: say a }', '{ id: b, run: exit 1 }', '{ id: c, needs: [a], run: say c }'),
    {
      services: { keepFailed: true, disks: folder },
      sink: {
        async write(event) {
          // The machines here keep their disks in memory: files stand in for them.
          if (event.type === 'step-start') {
            const at = ['a', 'b', 'c'].indexOf(event.step);
            await writeFile(`${folder}/0-${at}-1.mem`, '');
          }
        },
      },
    },
  );
  const left = await readdir(folder);
  await rm(folder, { recursive: true });
  t.deepEqual(left.sort(), ['0-0-1.mem', '0-1-1.mem']);
  t.true(run.events.some((event) => event.type === 'notice' && event.text.includes(`${folder}/0-1-1.mem`)));
});

const cached = `jobs:
  j:
    cache:
      - { key: "deps-\${{ hashFiles('lock') }}", restore-keys: [deps-], paths: [modules, ~/.store] }
    steps:
      - id: a
        run: |
          show /workspace/modules/x
          write /workspace/modules/x new
          write /root/.store/y home
`;

test('a cache is restored by key or prefix, and kept under its key after a success', async (t) => {
  const caches = new Map([['deps-old', { 'workspace/modules/x': 'old' }]]);
  const run = await runScenario(cached, { caches, source: { lock: '1' } });
  const log = (events: readonly RunEvent[]) => events.flatMap((event) => (event.type === 'log' ? [event.text] : []));
  t.deepEqual(log(run.events), ['/workspace/modules/x: old']);
  const [, key = ''] = [...caches.keys()];
  t.regex(key, /^deps-[0-9a-f]{64}$/);
  t.deepEqual(caches.get(key), { 'workspace/modules/x': 'new', 'root/.store/y': 'home' } as never);
  t.is(run.backend.specs.length, 1);
  const again = await runScenario(cached, { caches, source: { lock: '1' } });
  t.deepEqual(log(again.events), ['/workspace/modules/x: new']);
  t.is(caches.size, 2);
});

test("a job's closing work takes a machine of its own when the last one is gone, and waits for no second place", async (t) => {
  const run = await runScenario(
    `jobs:
  j:
    artifacts: [{ name: out, path: out }]
    steps:
      - { id: a, run: fail-times a 1, retry: { attempts: 2, delay: 50ms } }
      - { id: b, needs: [], run: write /workspace/out b }
`,
    { services: { budget: { cpu: 8, memory: 2 ** 34, maxParallel: 1 } } },
  );
  t.deepEqual(run.artifacts.get('out'), { out: 'b' });
  t.is(exitCode(run.events), 0);
});

test('a slot is free only when the machine is gone', async (t) => {
  const run = await runScenario(
    `jobs:\n${['a', 'b', 'c', 'd'].map((id) => `  ${id}:\n    steps: [{ run: say x }, { run: say y }]\n`).join('')}`,
    { services: { budget: { cpu: 2, memory: 2 ** 34 } } },
  );
  t.is(run.backend.mostUp, 2);
  t.is(run.backend.specs.length, 8);
});

test('an image that does not exist is a problem of the step, one that cannot be made a fault of the host', async (t) => {
  const missing = await runScenario(job('{ id: a, run: say a }'), {
    services: { openImage: () => Promise.reject(new WrongInput([{ message: 'there is no image busybox' }])) },
  });
  t.is(exitCode(missing.events), 1);
  t.true(missing.events.some((event) => event.type === 'problem' && event.problem.message.includes('no image')));
  const broken = await runScenario(job('{ id: a, run: say a }'), {
    services: { openImage: () => Promise.reject(new HostFault('open the image', 'it is damaged')) },
  });
  t.is(exitCode(broken.events), 3);
});

test('an image that is being built does not hold up a cancelled run for longer than its own end takes', async (t) => {
  let ended = false;
  const run = await runScenario(job('{ id: a, run: say a }'), {
    services: {
      openImage: (_reference, onProgress, signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            ended = true;
            reject(signal.reason);
          });
          onProgress('building');
        }),
    },
    cancelAt: (event) => event.type === 'notice' && event.text === 'building',
  });
  t.true(ended);
  t.is(exitCode(run.events), 130);
});

test('an artifact name taken at run time fails the step with a problem', async (t) => {
  const run = await runScenario(`jobs:
  j:
    steps:
      - { id: a, run: "append $LIGHTV_OUTPUT n=same\\nappend $LIGHTV_OUTPUT m=same\\nwrite /workspace/x 1" }
      - { id: b, run: say b, artifacts: [{ name: "\${{ steps.a.outputs.n }}", path: x }] }
      - { id: c, run: say c, artifacts: [{ name: "\${{ steps.a.outputs.m }}", path: x }] }
`);
  t.deepEqual(
    run.results[0]?.steps.map((step) => step.reason),
    [undefined, undefined, 'artifact'],
  );
  t.true(run.events.some((event) => event.type === 'problem'));
});

test('checkout: true outside git is a problem', async (t) => {
  const run = await runScenario('jobs:\n  j:\n    checkout: true\n    steps: [{ id: a, run: say a }]\n');
  t.is(run.results[0]?.steps[0]?.reason, 'not-started');
  t.true(run.events.some((event) => event.type === 'problem' && event.problem.message.includes('git')));
});

test('a guest that masks without end fails by the log limit', async (t) => {
  const flood = Array.from({ length: 1100 }, (_, at) => `          put ::add-mask::v-${at}\n          say\n`).join('');
  const run = await runScenario(`jobs:\n  j:\n    steps:\n      - id: a\n        run: |\n${flood}`);
  t.is(run.results[0]?.steps[0]?.reason, 'log-limit');
});

test('steps with a network get what belongs to it, others do not', async (t) => {
  const run = await runScenario(`jobs:
  j:
    steps:
      - { id: a, network: full, run: "say '$REGISTRY'\\nshow /run/lightv/ca.pem" }
      - { id: b, run: "say '$REGISTRY'\\nshow /run/lightv/ca.pem" }
`);
  t.deepEqual(
    run.events.flatMap((event) => (event.type === 'log' ? [event.text] : [])),
    ["'http://registry'", '/run/lightv/ca.pem: certificate', "''", '/run/lightv/ca.pem: missing'],
  );
});
