import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Repositories } from '../conformance/repositories.ts';
import { machineTest } from '../machines.ts';
import { goneSoon, leftOf, processesOf } from './leftovers.ts';
import { home, interrupt, lightv, logOf, run, start, told } from './lightv.ts';

const uses = (what: string, more = '') => `{ uses: octo/services@v1, with: { do: ${what}${more} } }`;

/** A job on busybox. */
function job(id: string, steps: readonly string[], more = ''): string {
  return `  ${id}:\n    runs-on: ubuntu-latest\n${more}    steps:\n${steps.map((step) => `      - ${step}\n`).join('')}`;
}

/** Writes a workflow of such jobs where GitHub looks for it. */
function workflow(folder: string, ...jobs: readonly string[]): string {
  mkdirSync(join(folder, '.github/workflows'), { recursive: true });
  const file = join(folder, '.github/workflows/ci.yml');
  writeFileSync(file, `on: push\njobs:\n${jobs.join('')}`);
  return file;
}

/** Arguments for runs whose actions speak to the services of their job as GitHub's own do. */
function withActions(folder: string, level = 'sandbox'): string[] {
  const { mirror } = new Repositories(join(folder, 'actions'), (text) => text);
  return ['--isolation', level, '-P', 'ubuntu-latest=busybox', '--actions-mirror', mirror];
}

for (const level of ['sandbox', 'microvm'] as const) {
  machineTest(level, `${level}: what one job uploads and saves another one gets, and so does the user`, async (t) => {
    t.timeout(400_000);
    const folder = home(t);
    const out = join(folder, 'out');
    const file = workflow(
      folder,
      job('make', [uses('upload', ', name: report, text: made here'), uses('save', ', name: k, text: kept')]),
      job('use', [uses('download', ', name: report'), uses('restore', ', name: k')], '    needs: make\n'),
    );
    const accel = level === 'microvm' ? ['--accel', 'tcg'] : [];
    const end = await run(t, folder, file, [...withActions(folder, level), ...accel, '--out', out]);
    t.is(end.code, 0, told(end));
    t.is(logOf(end.events, 'use'), 'made here\nkept', told(end));
    t.is(readFileSync(join(out, 'report/report.txt'), 'utf8'), 'made here');
    const listed = await lightv(t, folder, ['artifacts', 'latest', '--json']);
    t.like(JSON.parse(listed.stdout), { name: 'report', job: 'make', files: 1, bytes: 9 });
    t.deepEqual(leftOf(end.events[0]?.run ?? '', folder), []);
    t.false(existsSync(join(folder, 'state/identity')), 'no key is made that nobody asked for');
  });
}

machineTest('sandbox', 'a rerun downloads what a job of the run before it uploaded', async (t) => {
  t.timeout(180_000);
  const folder = home(t);
  const write = (then: string) =>
    workflow(
      folder,
      job('make', [uses('upload', ', name: report, text: made before')]),
      job('use', [then, `{ id: get, ${uses('list').slice(1)}`], '    needs: make\n'),
    );
  const first = await run(t, folder, write('run: exit 1'), withActions(folder));
  t.is(first.code, 1, told(first));
  write('run: "true"');
  const again = await lightv(t, folder, ['run', '--json', '--rerun-failed', 'latest']);
  t.is(again.code, 0, told(again));
  const jobs = again.events.flatMap((event) => (event.type === 'step-start' ? [event.job] : []));
  t.deepEqual([...new Set(jobs)], ['use']);
  t.is(logOf(again.events, 'use', 'get'), 'report', told(again));
});

const ends = { interrupted: 130, killed: 'SIGKILL' } as const;

for (const [how, code] of Object.entries(ends)) {
  machineTest('sandbox', `${how} under an upload: nothing of it is left`, async (t) => {
    t.timeout(180_000);
    const folder = home(t);
    const args = withActions(folder);
    const file = workflow(folder, job('a', [uses('begin', ', name: report')]));
    const running = start(t, folder, ['run', file, '--json', ...args]);
    const { run: id } = await running.until((event) => event.type === 'log' && event.text === 'begun');
    const uploads = join(folder, 'state/runs', id, 'disks/services/uploads');
    t.is(readdirSync(uploads).length, 1);
    if (how === 'interrupted') {
      interrupt(running);
    } else {
      running.child.kill('SIGKILL');
    }
    t.is(await running.ended, code);
    t.deepEqual(await goneSoon(() => processesOf(id, folder)), []);
    if (how === 'killed') {
      const next = await run(t, folder, workflow(folder, job('a', ['run: "true"'])), args);
      t.is(next.code, 0, told(next));
    }
    t.deepEqual(leftOf(id, folder), []);
    t.false(existsSync(uploads));
  });
}
