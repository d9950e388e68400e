import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test from 'ava';
import { eventSchema } from '../../runner/command/event-schema.ts';
import { packageRoot } from '../../runner/host/paths.ts';
import type { RunEvent } from '../../runner/model/event.ts';
import { scratchOf } from '../e2e/leftovers.ts';
import { machineTest } from '../machines.ts';
import { cli, folder, startCli } from './cli.ts';

const level = 'sandbox';

function pipeline(home: string, jobs: string): string {
  const file = join(home, 'p.yaml');
  writeFileSync(file, `defaults:\n  image: busybox\n  isolation: ${level}\njobs:\n${jobs.replace(/^/gm, '  ')}\n`);
  return file;
}

function eventsOf(stdout: string): RunEvent[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => eventSchema.parse(JSON.parse(line)) as RunEvent);
}

function processesOf(run: string): string[] {
  return readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/environ`, 'utf8').includes(`LIGHTV_RUN=${run}`);
    } catch {
      return false;
    }
  });
}

test('a run tells its events as NDJSON and nothing else, masks its secrets and leaves nothing', async (t) => {
  const home = folder(t);
  const file = pipeline(
    home,
    `good:
  steps:
    - id: say
      secrets: [TOKEN]
      run: |
        echo "the token is $TOKEN"
        echo oops >&2
        mkdir out && echo kept > out/a.txt
      artifacts: {name: result, path: out}
bad:
  steps:
    - run: exit 3
allowed:
  continue-on-error: true
  steps:
    - run: exit 4`,
  );
  const { code, stdout, stderr } = await cli(home, [
    'run',
    file,
    '--json',
    '--secret',
    'TOKEN=hunter22',
    '--out',
    'got',
  ]);
  t.is(code, 1, stderr);
  const events = eventsOf(stdout);
  t.is(events[0]?.type, 'run-start');
  const end = events.at(-1);
  t.like(end, { type: 'run-end', conclusion: 'failure', exitCode: 1 });
  const jobEnds = events.flatMap((event) =>
    event.type === 'job-end' ? [[event.job, event.conclusion, event.outcome]] : [],
  );
  t.deepEqual(jobEnds.sort(), [
    ['allowed', 'success', 'failure'],
    ['bad', 'failure', 'failure'],
    ['good', 'success', 'success'],
  ]);
  const lines = events.flatMap((event) => (event.type === 'log' ? [`${event.stream}: ${event.text}`] : []));
  t.true(lines.includes('stdout: the token is ***') && lines.includes('stderr: oops'), lines.join('\n'));
  t.false(`${stdout}${stderr}`.includes('hunter22'));
  t.is(readFileSync(join(home, 'got/result/out/a.txt'), 'utf8'), 'kept\n');

  const run = end?.run ?? '';
  t.like(JSON.parse((await cli(home, ['ps', '-a', '--json'])).stdout), { id: run, state: 'failure', exitCode: 1 });
  const log = (await cli(home, ['logs', run, '--job', 'good'])).stdout.split('\n');
  t.true(log.includes('good | the token is ***'));
  t.deepEqual(processesOf(run), []);
  t.false(existsSync(join(scratchOf(home), run)));
});

test('in a pipe lines stand behind their job, without control characters', async (t) => {
  const home = folder(t);
  const file = pipeline(home, `one:\n  steps:\n    - run: printf '\\033[31mred\\033[2J\\n'`);
  const { code, stdout } = await cli(home, ['run', file]);
  t.is(code, 0);
  t.true(stdout.split('\n').includes('one | red'), stdout);
  t.notRegex(stdout, /\u001b/);
});

test('no job for the event is good; two files are two runs and the worst is told', async (t) => {
  const home = folder(t);
  const file = pipeline(home, `one:\n  steps:\n    - run: exit 5`);
  const none = await cli(home, ['run', file, '--event', 'schedule', '--json']);
  t.is(none.code, 0, none.stderr);
  t.like(eventsOf(none.stdout).at(-1), { type: 'run-end', exitCode: 0 });
  const other = join(home, 'q.yaml');
  writeFileSync(other, readFileSync(file, 'utf8').replace('exit 5', 'true'));
  const both = await cli(home, ['run', file, other, '--json']);
  t.is(both.code, 1);
  const ends = eventsOf(both.stdout).flatMap((event) => (event.type === 'run-end' ? [event.exitCode] : []));
  t.deepEqual(ends, [1, 0]);
});

test('a cache that cannot be written is a fault of the host', async (t) => {
  const home = folder(t);
  const file = pipeline(home, `one:\n  steps:\n    - run: echo`);
  const blocked = join(home, 'blocked');
  writeFileSync(blocked, '');
  const { code, stderr, stdout } = await cli(home, ['run', file], {
    env: { LIGHTV_CACHE_DIR: join(blocked, 'cache') },
  });
  t.is(code, 3, stderr);
  t.regex(`${stderr}${stdout}`, /blocked/);
});

test('what keeps a run from beginning is told among the events too: problems or a fault, then the exit code', async (t) => {
  const home = folder(t);
  const wrong = join(home, 'wrong.yaml');
  writeFileSync(wrong, 'jobs:\n  one:\n    needs: two\n    steps:\n      - rum: x\n');
  const refused = await cli(home, ['run', wrong, '--json']);
  t.is(refused.code, 2);
  const events = eventsOf(refused.stdout);
  t.deepEqual(
    events.flatMap((event) => (event.type === 'problem' ? [event.problem.place?.line] : [])),
    [3, 5, 5],
  );
  t.like(events.at(-1), { type: 'run-end', run: '', conclusion: 'failure', exitCode: 2 });
  t.is(events.length, 4);
  t.regex(refused.stderr, /wrong\.yaml:5:9: unknown key 'rum'/);

  const blocked = join(home, 'blocked');
  writeFileSync(blocked, '');
  const file = pipeline(home, 'one:\n  steps:\n    - run: echo');
  const fault = await cli(home, ['run', file, '--json'], { env: { LIGHTV_CACHE_DIR: join(blocked, 'cache') } });
  t.is(fault.code, 3);
  const [end, ...more] = eventsOf(fault.stdout);
  t.deepEqual(more, []);
  t.like(end, { type: 'run-end', run: '', exitCode: 3, reason: 'host-fault' });
  t.is((await cli(home, ['run', wrong, '--json', '--dry-run'])).stdout, '');
});

test('a level nobody can give is refused before anything starts, but for what hangs on a condition', async (t) => {
  const home = folder(t);
  const first = 'first:\n  steps:\n    - run: echo first';
  const asking = `last:\n  needs: first\n  isolation: gvisor\n  steps:\n    - run: echo last`;
  const refused = await cli(home, ['run', pipeline(home, `${first}\n${asking}`)]);
  t.like(refused, { code: 3, stdout: '' });
  t.regex(refused.stderr, /^lightv: could not isolate a step as "gvisor": /m);
  t.is((await cli(home, ['ps', '-a', '--json'])).stdout, '');
  const guarded = asking.replace('needs: first', 'if: false');
  t.is((await cli(home, ['run', pipeline(home, `${first}\n${guarded}`)])).code, 0);
});

test('pipelines of several repositories run in one call, each with images of its own', async (t) => {
  const home = folder(t);
  const definition = readFileSync(join(packageRoot(), 'images/busybox/lightv.yaml'), 'utf8');
  const files = ['one', 'two'].map((name) => {
    const repository = join(home, name);
    mkdirSync(join(repository, `of-${name}`), { recursive: true });
    execFileSync('git', ['init', '-q', repository]);
    writeFileSync(join(repository, `of-${name}/lightv.yaml`), definition.replace('name: busybox', `name: of-${name}`));
    const file = join(repository, 'p.yaml');
    writeFileSync(file, `jobs: {a: {image: ./of-${name}, isolation: ${level}, steps: [{run: echo in ${name}}]}}`);
    return file;
  });
  const end = await cli(home, ['run', ...files], { env: { LIGHTV_CACHE_DIR: join(home, 'cache') } });
  t.is(end.code, 0, end.stderr);
  t.true(end.stdout.includes('a | in one\n') && end.stdout.includes('a | in two\n'), end.stdout);
});

machineTest('microvm', 'memory with which an image cannot boot is refused before anything starts', async (t) => {
  const home = folder(t);
  const small = 'last:\n  isolation: microvm\n  resources: {memory: 32Mi}\n  steps:\n    - run: echo last';
  const file = pipeline(home, `first:\n  steps:\n    - run: echo first\n${small}`);
  const refused = await cli(home, ['run', file, '--accel', 'tcg']);
  t.like(refused, { code: 2, stdout: '' });
  t.regex(refused.stderr, /p\.yaml:12:\d+: 32Mi of memory is too little: busybox at microvm needs \d+Mi\n/);
});

/** Starts a run that sleeps, and waits until its step has said so. */
async function sleeping(home: string, script: string) {
  const file = pipeline(home, `one:\n  steps:\n    - run: |\n        ${script.replaceAll('\n', '\n        ')}`);
  const child = startCli(home, ['run', file, '--json']);
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const events: RunEvent[] = [];
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  const said = new Promise<string>((resolve, reject) => {
    ended.then(() => reject(new Error(`it ended early: ${errors}`)), reject);
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = eventSchema.parse(JSON.parse(line)) as RunEvent;
      events.push(event);
      if (event.type === 'log' && event.text === 'started') {
        resolve(event.run);
      }
    });
  });
  return { child, events, ended, run: await said };
}

test('Ctrl-C once cancels and cleans up', async (t) => {
  const home = folder(t);
  const { child, events, ended, run } = await sleeping(home, 'echo started\nsleep 300');
  child.kill('SIGINT');
  t.is(await ended, 130);
  t.like(events.at(-1), { type: 'run-end', conclusion: 'cancelled', exitCode: 130 });
  t.true(events.some((event) => event.type === 'notice' && /cancelling and cleaning up/.test(event.text)));
  t.deepEqual(processesOf(run), []);
  t.false(existsSync(join(scratchOf(home), run)));
  t.like(JSON.parse((await cli(home, ['ps', '-a', '--json'])).stdout), { state: 'cancelled', exitCode: 130 });
});

test('Ctrl-C twice kills at once, and the next command sweeps what is left', async (t) => {
  const home = folder(t);
  const { child, ended, run } = await sleeping(home, "trap '' TERM INT\necho started\nwhile true; do sleep 1; done");
  child.kill('SIGINT');
  child.kill('SIGTERM');
  t.is(await ended, 130);
  t.like(JSON.parse((await cli(home, ['ps', '-a', '--json'])).stdout), { id: run, state: 'lost' });
  t.regex((await cli(home, ['clean'])).stdout, /^1 ended run removed/);
  t.deepEqual(processesOf(run), []);
  t.false(existsSync(join(scratchOf(home), run)));
});

test('a run that was killed is lost; what it left is swept while another goes on', async (t) => {
  const home = folder(t);
  const dead = await sleeping(home, 'echo started\nsleep 300');
  const alive = await sleeping(home, 'echo started\nsleep 300');
  dead.child.kill('SIGKILL');
  await dead.ended;
  const rows = (await cli(home, ['ps', '-a', '--json'])).stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.deepEqual(
    rows.map(({ id, state }) => [id, state]),
    [
      [alive.run, 'running'],
      [dead.run, 'lost'],
    ],
  );
  const cleaned = await cli(home, ['clean']);
  t.regex(cleaned.stdout, /^1 ended run removed, 1 still running/);
  t.regex(cleaned.stderr, new RegExp(`run ${dead.run} was killed; removed what it left: .*folder`));
  t.deepEqual(processesOf(dead.run), []);
  t.false(existsSync(join(scratchOf(home), dead.run)));
  t.true(existsSync(join(scratchOf(home), alive.run)));
  alive.child.kill('SIGTERM');
  t.is(await alive.ended, 130);
});
