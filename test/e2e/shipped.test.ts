import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { packageRoot } from '../../runner/host/paths.ts';
import { machineTest } from '../machines.ts';
import { leftOf } from './leftovers.ts';
import { home, lightv, logOf, run, told } from './lightv.ts';

const folder = join(packageRoot(), 'pipelines');
const files = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name));

test('the shipped pipelines are the ones that are tested', (t) => {
  t.deepEqual(files.sort(), ['hello.yaml', 'lightv.yaml', 'matrix.yaml', 'node.yaml']);
});

for (const name of files) {
  test(`${name} is right and has a plan`, async (t) => {
    const file = join(folder, name);
    const own = home(t);
    const checked = await lightv(t, own, ['check', file]);
    t.is(checked.code, 0, checked.stdout);
    t.is(checked.stdout.trim(), '');
    const planned = await lightv(t, own, ['run', file, '--dry-run', '--json']);
    t.is(planned.code, 0, planned.stderr);
    t.true(planned.stdout.trimEnd().split('\n').length >= 1);
    for (const line of planned.stdout.trimEnd().split('\n')) {
      t.is(typeof JSON.parse(line).id, 'string');
    }
  });
}

machineTest('sandbox', 'matrix.yaml runs: its cells, one more and one less, and the job that reads them', async (t) => {
  t.timeout(180_000);
  const own = home(t);
  const end = await run(t, own, join(folder, 'matrix.yaml'), ['--isolation', 'sandbox']);
  t.is(end.code, 0, told(end));
  const jobs = end.events.flatMap((event) => (event.type === 'job-end' ? [[event.job, event.conclusion]] : []));
  const cells = ['small, red', 'small, green', 'small, blue', 'large, red', 'large, green', 'tiny, white'];
  const expected = [...cells.map((cell) => `cell (${cell})`), 'plan', 'room (attic)', 'room (kitchen)'];
  t.deepEqual(jobs.sort(), expected.map((job) => [job, 'success']).sort());
  t.is(logOf(end.events, 'cell (large, green)'), 'painting a large green cell (4 of 6)');
  t.regex(logOf(end.events, 'room (attic)'), /^the attic gets (small|large|tiny)-(red|green|blue|white)$/);
  const most = end.events.reduce(
    ({ now, peak }, event) => {
      const next = now + (event.type === 'step-start' ? 1 : event.type === 'step-end' ? -1 : 0);
      return { now: next, peak: Math.max(peak, next) };
    },
    { now: 0, peak: 0 },
  );
  t.true(most.peak > 1 && most.peak <= 5, `${most.peak} at once`);
  t.deepEqual(leftOf(end.events[0]?.run ?? '', own), []);
});
