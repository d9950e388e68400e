import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { RunEvent } from '../../runner/model/event.ts';
import { asRoot, ordinaryUser } from '../as-user.ts';
import { machineTest } from '../machines.ts';
import { leftOf } from './leftovers.ts';
import { type End, home, lightv, logOf, pipeline, run, start, told } from './lightv.ts';

/** `job/step` of what was run. */
function started(events: readonly RunEvent[]): string[] {
  return events.flatMap((event) => (event.type === 'step-start' ? [`${event.job}/${event.step}`] : []));
}

/** `job` or `job/step` of what was taken from an earlier run. */
function recorded(events: readonly RunEvent[]): string[] {
  return events.flatMap((event) => {
    const taken = (event.type === 'step-end' || event.type === 'job-end') && event.recorded !== undefined;
    return !taken ? [] : [event.type === 'step-end' ? `${event.job}/${event.step}` : event.job];
  });
}

async function rerun(t: ExecutionContext, folder: string, id = 'latest', ...args: string[]): Promise<End> {
  return await lightv(t, folder, ['run', '--json', '--rerun-failed', id, ...args]);
}

function idOf({ events }: Pick<End, 'events'>): string {
  return events[0]?.run ?? '';
}

function disksOf(folder: string, id: string): string {
  return join(folder, 'state/runs', id, 'disks');
}

function git(top: string, ...args: string[]): void {
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], { cwd: top });
}

const failing = `
build:
  checkout: true
  outputs: {made: "\${{ steps.make.outputs.made }}"}
  steps:
    - id: make
      secrets: [TOKEN]
      run: |
        echo building; cp source.txt made.txt; mkdir -p /opt; echo tool >/opt/tool
        echo "made=with $TOKEN" >>$LIGHTV_OUTPUT
        echo COLOR=blue >>$LIGHTV_ENV
    - id: test
      run: |
        echo "$COLOR $(cat made.txt /opt/tool | tr '\\n' ' ')"
        echo seen >>made.txt
        exit 3
    - id: last
      run: cat made.txt
other:
  steps:
    - run: mkdir out; echo kept >out/a
      artifacts: {name: other, path: out}
after:
  checkout: true
  needs: [build, other]
  steps:
    - run: cat source.txt
`;

machineTest('sandbox', 'what failed runs again from the step that failed, as often as it takes', async (t) => {
  t.timeout(180_000);
  const folder = home(t);
  const file = pipeline(folder, failing);
  writeFileSync(join(folder, '.gitignore'), 'state\nconfig\n');
  writeFileSync(join(folder, 'source.txt'), 'old\n');
  git(folder, 'init', '-q');
  const secret = ['--secret', 'TOKEN=hush-hush-token'];
  const first = await run(t, folder, file, secret);
  t.is(first.code, 1, told(first));
  t.deepEqual(leftOf(idOf(first), folder), []);
  const state = readFileSync(join(folder, 'state/runs', idOf(first), 'kept.json'), 'utf8');
  t.false(state.includes('hush-hush-token'));
  t.is(statSync(join(folder, 'state/runs', idOf(first), 'kept.json')).mode & 0o077, 0);

  writeFileSync(join(folder, 'source.txt'), 'new\n');
  const second = await rerun(t, folder, idOf(first), ...secret);
  t.is(second.code, 1, told(second));
  t.deepEqual(started(second.events), ['build/test']);
  t.deepEqual(recorded(second.events).sort(), ['build/make', 'other']);
  t.is(logOf(second.events, 'build'), 'blue old tool ');

  // The first is gone with all its files; the second has its own.
  const moved = readFileSync(file, 'utf8').replace('exit 3', 'true');
  writeFileSync(file, `# one line more\n${moved}`);
  t.is((await lightv(t, folder, ['ps', '-a', '--json'])).stdout.trimEnd().split('\n').length, 2);
  rmSync(join(folder, 'state/runs', idOf(first)), { recursive: true });
  const third = await rerun(t, folder, idOf(second), ...secret, '--out', 'got');
  t.is(third.code, 0, told(third));
  t.deepEqual(started(third.events), ['build/test', 'build/last', 'after/step-1']);
  t.is(logOf(third.events, 'build'), 'blue old tool \nold\nseen');
  t.is(logOf(third.events, 'after'), 'old', 'the files are those of the first run');
  t.is(readFileSync(join(folder, 'got/other/out/a'), 'utf8'), 'kept\n');
  t.false(existsSync(disksOf(folder, idOf(third))), 'nothing is kept of a run that succeeded');
  // What was not run again has its log where it was run, as long as that is remembered.
  const { stdout } = await lightv(t, folder, ['logs', idOf(second)]);
  t.regex(stdout, /^build \| blue old tool $/m);
  const none = await rerun(t, folder, idOf(third));
  t.is(none.code, 0, none.stderr);
  t.regex(none.stderr, /nothing failed/);
});

const workflow = `on: push
env: { WHERE: "\${{ github.workflow }}" }
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - { uses: octo/around@v1, with: { n: a } }
      - { id: c, uses: octo/composite@v1, with: { word: hello } }
      - run: |
          echo "::add-matcher::matcher.json"
          echo "attempt $GITHUB_RUN_ATTEMPT $FROM_ACTION \${{ steps.c.outputs.shout }} $(cat file.txt)"
          echo "wrong: here"
          exit 1
      - run: echo "last of $GITHUB_RUN_ID"
`;

/** A repository with this workflow, and repositories of the tests' actions to fetch from. */
function repository(folder: string): { file: string; mirror: string } {
  const actions = join(import.meta.dirname, '../conformance/actions/octo');
  const mirror = join(folder, 'mirror');
  for (const name of ['around', 'composite']) {
    cpSync(join(actions, name), join(mirror, 'octo', name), { recursive: true });
    commit(join(mirror, 'octo', name));
    git(join(mirror, 'octo', name), 'tag', 'v1');
  }
  const top = join(folder, 'proj');
  const file = join(top, '.github/workflows/ci.yml');
  mkdirSync(join(top, '.github/workflows'), { recursive: true });
  const pattern = [{ regexp: '^(wrong): (.*)$', severity: 1, message: 2 }];
  writeFileSync(join(top, 'matcher.json'), JSON.stringify({ problemMatcher: [{ owner: 'm', pattern }] }));
  writeFileSync(join(top, 'file.txt'), 'tracked');
  writeFileSync(file, workflow);
  commit(top);
  return { file, mirror };
}

function commit(top: string): void {
  git(top, 'init', '-q', '-b', 'main');
  git(top, 'add', '-A');
  git(top, 'commit', '-q', '-m', 'first');
}

machineTest('sandbox', 'a workflow goes on behind its actions, and these still come to their ends', async (t) => {
  t.timeout(180_000);
  const folder = home(t);
  const { file, mirror } = repository(folder);
  const first = await run(t, folder, file, ['--isolation', 'sandbox', '--actions-mirror', mirror]);
  t.is(first.code, 1, told(first));
  t.true(logOf(first.events, 'a').includes('attempt 1 yes hello! tracked'), told(first));
  // Actions are taken at the commit the first run had: nobody is asked for them again.
  rmSync(mirror, { recursive: true });
  writeFileSync(file, workflow.replace('exit 1', 'true'));
  const again = await rerun(t, folder);
  t.is(again.code, 0, told(again));
  t.deepEqual(started(again.events), ['a/step-4', 'a/step-5', 'a/post-step-2']);
  const id = Number.parseInt(idOf(first), 36);
  t.is(logOf(again.events, 'a'), `attempt 2 yes hello! tracked\nwrong: here\nlast of ${id}\nrun 3 of a`, told(again));
});

machineTest('microvm', 'microVMs go on from each other, wherever the files of their disks lie by then', async (t) => {
  t.timeout(400_000);
  const folder = home(t);
  const file = pipeline(
    folder,
    `
chain:
  steps:
    - {id: one, run: echo one >f}
    - {id: two, run: echo two >>f}
    - {id: three, run: "cat f; exit 1"}
    - {id: four, run: "cat f; exit 1"}
`,
    'isolation: microvm',
  );
  const first = await run(t, folder, file, ['--accel', 'tcg']);
  t.is(first.code, 1, told(first));
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace('exit 1', 'echo three >>f'));
  const second = await rerun(t, folder, 'latest', '--accel', 'tcg');
  t.is(logOf(second.events, 'chain', 'three'), 'one\ntwo', told(second));
  t.is(logOf(second.events, 'chain', 'four'), 'one\ntwo\nthree');
  rmSync(join(folder, 'state/runs', idOf(first)), { recursive: true });
  writeFileSync(file, readFileSync(file, 'utf8').replace('exit 1', 'true'));
  const third = await rerun(t, folder, 'latest', '--accel', 'tcg');
  t.is(third.code, 0, told(third));
  t.deepEqual(started(third.events), ['chain/four']);
  t.is(logOf(third.events, 'chain'), 'one\ntwo\nthree');
});

machineTest(
  'sandbox',
  'killed while it goes on from another: swept, and the other can be gone on from again',
  async (t) => {
    t.timeout(180_000);
    const folder = home(t);
    const file = pipeline(folder, 'j:\n  steps:\n    - run: echo one >f\n    - run: cat f; exit 1');
    const first = await run(t, folder, file);
    t.is(first.code, 1, told(first));
    writeFileSync(file, readFileSync(file, 'utf8').replace('exit 1', 'echo up; sleep 300'));
    const running = start(t, folder, ['run', '--json', '--rerun-failed', idOf(first)]);
    const { run: id } = await running.until((event) => event.type === 'log' && event.text === 'up');
    running.child.kill('SIGKILL');
    await running.ended;
    const lost = await rerun(t, folder, id);
    t.is(lost.code, 2);
    t.regex(lost.stderr, /it was killed/);
    writeFileSync(file, readFileSync(file, 'utf8').replace('sleep 300', 'true'));
    const again = await rerun(t, folder, idOf(first));
    t.is(again.code, 0, told(again));
    t.is(logOf(again.events, 'j'), 'one\nup');
    t.deepEqual(leftOf(id, folder), []);
    t.deepEqual(leftOf(idOf(first), folder), []);
  },
);

machineTest('sandbox', 'what is kept has bounds, and clean removes it', async (t) => {
  t.timeout(180_000);
  const folder = home(t);
  const configured = (kept: string) => {
    mkdirSync(join(folder, 'config/lightv'), { recursive: true });
    writeFileSync(join(folder, 'config/lightv/config.yaml'), `kept: ${kept}\n`);
  };
  const file = pipeline(folder, 'j:\n  steps:\n    - run: echo one >f\n    - run: exit 1');
  const keeps = (id: string) => existsSync(disksOf(folder, id));
  configured('{runs: 1}');
  const [one, two] = [await run(t, folder, file), await run(t, folder, file)];
  t.deepEqual([keeps(idOf(one)), keeps(idOf(two))], [false, true]);
  const dropped = await rerun(t, folder, idOf(one));
  t.is(dropped.code, 2);
  t.regex(dropped.stderr, /is not kept/);
  configured('{size: 4k}');
  const three = await run(t, folder, file);
  t.false(keeps(idOf(three)));
  t.regex(JSON.stringify(three.events), /more than the 4 kB that may be kept/);
  const pinned = await run(t, folder, file, ['--keep-failed']);
  t.true(keeps(idOf(pinned)));
  t.is((await lightv(t, folder, ['clean'])).code, 0);
  t.deepEqual(readdirSync(join(folder, 'state/runs')), []);
});

machineTest('sandbox', 'a rerun takes nothing that the run was asked for anew', async (t) => {
  const folder = home(t);
  const file = pipeline(folder, 'j:\n  steps:\n    - run: exit 1');
  await run(t, folder, file);
  const end = await rerun(t, folder, 'latest', '--job', 'j', '--var-file', 'x', file);
  t.is(end.code, 2);
  t.regex(end.stderr, /leave out a file, --job, --var-file/);
  t.is((await rerun(t, folder, 'zzz')).code, 2);
});

machineTest(
  'sandbox',
  'jobs of a called workflow run again one by one; logs are asked for by what calls, and found',
  async (t) => {
    t.timeout(120_000);
    const folder = home(t);
    const top = join(folder, 'proj');
    const workflows = join(top, '.github/workflows');
    mkdirSync(workflows, { recursive: true });
    const inner = `on:
  workflow_call: { inputs: { n: { type: string } } }
jobs:
  good: { runs-on: ubuntu-latest, steps: [{ run: "echo good \${{ inputs.n }}" }] }
  bad:
    runs-on: ubuntu-latest
    steps:
      - { name: First of all, run: "echo first \${{ inputs.n }}" }
      - { run: "echo then; test \${{ inputs.n }} = 1" }
`;
    const outer = `on: push
jobs:
  call:
    strategy: { fail-fast: false, matrix: { n: [1, 2] } }
    uses: ./.github/workflows/inner.yml
    with: { n: "\${{ matrix.n }}" }
`;
    writeFileSync(join(workflows, 'inner.yml'), inner);
    writeFileSync(join(workflows, 'outer.yml'), outer);
    commit(top);
    const level = ['--isolation', 'sandbox', '-P', 'ubuntu-latest=busybox'];
    const first = await run(t, folder, join(workflows, 'outer.yml'), level);
    t.is(first.code, 1, told(first));
    const again = await rerun(t, folder);
    t.deepEqual(started(again.events), ['call (2) / bad/step-2'], told(again));
    const logs = async (...args: string[]) => (await lightv(t, folder, ['logs', idOf(again), ...args])).stdout;
    t.is(await logs('--job', 'call (2) / bad'), 'call (2) / bad | first 2\ncall (2) / bad | then\n');
    t.is(await logs('--job', 'call', '--step', 'First of all'), 'call (1) / bad | first 1\ncall (2) / bad | first 2\n');
    t.is((await logs('--job', 'call (1)')).split('\n').length, 4);
    t.is((await lightv(t, folder, ['logs', idOf(again), '--job', 'cal'])).code, 2);
  },
);

asRoot(
  'an ordinary user: disks in memory are gone with their run, and its failed jobs run again as a whole',
  async (t) => {
    const user = await ordinaryUser(t);
    const jobs = `
  good: {checkout: false, steps: [{run: echo good}]}
  bad:
    checkout: false
    steps:
      - run: echo one >f
      - run: cat f; exit 1
`;
    writeFileSync(join(user.home, 'p.yaml'), `defaults: {image: busybox, isolation: sandbox}\njobs:${jobs}`);
    const first = await user.run('node', 'lightv/runner/lightv.mjs', 'run', 'p.yaml');
    t.is(first.code, 1, first.text);
    const again = await user.run('node', 'lightv/runner/lightv.mjs', 'run', '--rerun-failed', 'latest');
    t.is(again.code, 1, again.text);
    t.regex(again.text, /good \| success \(of run/);
    t.regex(again.text, /before step "step-1": its disk is not there any more/);
    t.regex(again.text, /bad \| one\n/);
  },
);
