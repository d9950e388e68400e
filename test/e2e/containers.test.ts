import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { asRoot, ordinaryUser } from '../as-user.ts';
import { pushAll } from '../conformance/registry.ts';
import { machineTest } from '../machines.ts';
import { type RealRegistry, realRegistry } from '../registry/real.ts';
import { goneSoon, leftOf, processesOf } from './leftovers.ts';
import { endOf, home, interrupt, logOf, run, start, told } from './lightv.ts';

const folder = mkdtempSync(join(tmpdir(), 'lightv-containers-'));
let registry: RealRegistry;

test.before(async () => {
  registry = await realRegistry(join(folder, 'open'));
  const locked = await realRegistry(join(folder, 'locked'), true);
  await pushAll(registry, locked);
  await locked.close();
});

test.after.always(async () => {
  await registry.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A job in a container with a service, and a docker action. */
const all = () => `
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    container: ${registry.host}/app:1
    services: { web: { image: "${registry.host}/server:checked", env: { WORD: hello } } }
    steps:
      - run: echo "$APP in $PWD"; echo kept > file
      - run: wget -qO- http://web:8080/word
      - { uses: "docker://${registry.host}/tool:1", with: { entrypoint: /bin/sh, args: '-c "cat file; wget -qO- http://web:8080/word"' } }
`;
const said = 'of the image in /__w/workspace/workspace\nhello of web\nkept\nhello of web';

function workflow(of: string, text: string): string {
  mkdirSync(join(of, '.github/workflows'), { recursive: true });
  const file = join(of, '.github/workflows/ci.yml');
  writeFileSync(file, text);
  return file;
}

for (const level of ['sandbox', 'microvm'] as const) {
  machineTest(level, `${level}: a container, a service and a docker action`, async (t) => {
    t.timeout(240_000);
    const own = home(t);
    const end = await run(t, own, workflow(own, all()), ['--isolation', level]);
    t.is(end.code, 0, told(end));
    t.is(logOf(end.events, 'a'), said);
    t.deepEqual(leftOf(end.events[0]?.run ?? '', own), []);
  });
}

asRoot('an ordinary user: a container, a service and a docker action', async (t) => {
  const user = await ordinaryUser(t, { ids: true, tunnel: true });
  await mkdir(join(user.home, '.github/workflows'), { recursive: true });
  await writeFile(join(user.home, '.github/workflows/ci.yml'), all());
  const { code, text } = await user.run('node', 'lightv/runner/lightv.mjs', 'run', '.github/workflows/ci.yml');
  t.is(code, 0, text);
  for (const line of said.split('\n')) {
    t.true(text.includes(`a | ${line}\n`), line);
  }
});

const waiting = () => `
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    container: ${registry.host}/app:1
    services:
      one: ${registry.host}/server:checked
      two: ${registry.host}/server:checked
    steps: [{ run: 'echo up; while :; do sleep 0.2; done' }]
`;

machineTest('sandbox', 'a kill of LightV leaves nothing of services once the next run has begun', async (t) => {
  t.timeout(120_000);
  const own = home(t);
  const file = workflow(own, waiting());
  const running = start(t, own, ['run', file, '--json', '--isolation', 'sandbox']);
  const { run: id } = await running.until((event) => event.type === 'log' && event.text === 'up');
  const machines = processesOf(id, own).filter((words) => words.includes('bwrap')).length;
  t.true(machines >= 3, 'the machines of the step and of both services are seen while they are up');
  process.kill(running.child.pid, 'SIGKILL');
  await running.ended;
  t.deepEqual(await goneSoon(() => processesOf(id, own)), []);
  const next = await run(
    t,
    own,
    workflow(own, 'on: push\njobs: { b: { runs-on: ubuntu-latest, steps: [{ run: "true" }] } }\n'),
    [...['-P', 'ubuntu-latest=busybox']],
  );
  t.is(next.code, 0, told(next));
  t.deepEqual(leftOf(id, own), []);
});

machineTest('sandbox', 'on Ctrl-C services end with their job', async (t) => {
  t.timeout(120_000);
  const own = home(t);
  const running = start(t, own, ['run', workflow(own, waiting()), '--json', '--isolation', 'sandbox']);
  const { run: id } = await running.until((event) => event.type === 'log' && event.text === 'up');
  interrupt(running);
  t.is(await running.ended, 130, running.stderr());
  t.is(endOf(running.events, 'a')?.conclusion, 'cancelled');
  t.deepEqual(leftOf(id, own), []);
});

machineTest('sandbox', 'on Ctrl-C a service that is waited for is given up', async (t) => {
  t.timeout(120_000);
  const own = home(t);
  const image = `${registry.host}/server:1`;
  const never = `{ image: "${image}", options: --health-cmd "test -e /never" --health-interval 1h }`;
  const text = `on: push\njobs: { a: { runs-on: ubuntu-latest, container: "${registry.host}/app:1", services: { web: ${never} }, steps: [{ run: echo never }] } }\n`;
  const running = start(t, own, ['run', workflow(own, text), '--json', '--isolation', 'sandbox']);
  const { run: id } = await running.until((event) => event.type === 'job-start');
  interrupt(running);
  t.is(await running.ended, 130, running.stderr());
  t.is(logOf(running.events, 'a'), '');
  t.deepEqual(leftOf(id, own), []);
});
