import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../runner/host/paths.ts';
import { machineTest } from '../machines.ts';
import { leftOf } from './leftovers.ts';
import { endOf, home, logOf, run, told } from './lightv.ts';

const pipelines = join(packageRoot(), 'pipelines');

machineTest(
  'sandbox',
  'node.yaml: a real package is fetched, built and tested, and its artifact arrives',
  async (t) => {
    t.timeout(900_000);
    const folder = home(t);
    const end = await run(t, folder, join(pipelines, 'node.yaml'), ['--out', 'got']);
    t.is(end.code, 0, told(end));
    const files = readdirSync(join(folder, 'got/tiny-emitter/dist')).sort();
    t.deepEqual(files, ['tinyemitter.js', 'tinyemitter.min.js']);
    const minified = readFileSync(join(folder, 'got/tiny-emitter/dist/tinyemitter.min.js'), 'utf8');
    t.regex(minified, /TinyEmitter/);
    t.is(endOf(end.events, 'tiny-emitter', 'build')?.outputs.bytes, `${Buffer.byteLength(minified)}`);
    t.regex(logOf(end.events, 'tiny-emitter', 'test'), /pass/);
    t.deepEqual(leftOf(end.events[0]?.run ?? '', folder), []);
  },
);

machineTest('sandbox', 'lightv.yaml: LightV’s own lint, types and unit tests pass in sandboxes', async (t) => {
  t.timeout(1_800_000);
  const folder = home(t);
  const end = await run(t, folder, join(pipelines, 'lightv.yaml'));
  t.is(end.code, 0, told(end));
  for (const step of ['install', 'lint', 'types', 'unit']) {
    t.is(endOf(end.events, 'check', step)?.outcome, 'success', step);
  }
  const [, passed = '0'] = /(\d+) tests? passed/.exec(logOf(end.events, 'check', 'unit')) ?? [];
  t.true(Number(passed) > 50, 'the unit tests are not seen to run');
  t.log(`${passed} unit tests inside`);
  t.deepEqual(leftOf(end.events[0]?.run ?? '', folder), []);
});
