import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { readPipeline } from '../../../runner/workflow/lightv/read.ts';

const folder = join(import.meta.dirname, 'fixtures');
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => file.slice(0, -'.yaml'.length));

function told(text: string): string {
  return readPipeline(text, 'f')
    .problems.map(({ message, place }) => `${place?.line}:${place?.column}: ${message}\n`)
    .join('');
}

for (const name of names) {
  test(`the problems of ${name}.yaml`, (t) => {
    const text = readFileSync(join(folder, `${name}.yaml`), 'utf8');
    t.is(told(text), readFileSync(join(folder, `${name}.problems`), 'utf8'));
  });
}

test('there is a fixture for each kind of bad input', (t) => {
  const wanted = ['wrong-key', 'wrong-type', 'wrong-unit', 'expressions', 'cycle', 'unknown-needs', 'secrets', 'empty'];
  t.deepEqual(
    [...wanted, 'duplicate-key', 'everything'].filter((name) => !names.includes(name)),
    [],
  );
});

test('a 10 MB file is refused unread', (t) => {
  t.is(told(`a: ${'x'.repeat(10_000_000)}`), '1:1: the file has 10000003 bytes; at most 1048576 (1 MiB) are read\n');
});

test('aliases that unfold without end are refused', (t) => {
  const row = (index: number) =>
    `a${index}: &a${index} [${Array(9)
      .fill(index === 0 ? 'x' : `*a${index - 1}`)
      .join(', ')}]`;
  const bomb = Array.from({ length: 9 }, (_, index) => row(index)).join('\n');
  t.regex(told(bomb), /^\d+:\d+: the file holds more than 100000 values, its aliases unfolded\n$/);
});

test('an alias inside what it stands for is refused', (t) => {
  t.is(told('jobs: &a [*a]'), '1:11: the alias *a stands for nothing that is complete before it\n');
});

test('what is no text is refused with its place', (t) => {
  t.is(told('name: x\njobs: \0'), '2:7: the file is not UTF-8 text: it holds the character U+0000\n');
});

test('the workflow holds what the file says', (t) => {
  const { workflow } = readPipeline(readFileSync(join(folder, 'everything.yaml'), 'utf8'), '/r/everything.yaml');
  const [build, after] = workflow?.jobs ?? [];
  const [make, other] = build?.steps ?? [];
  t.deepEqual(
    workflow?.on.map((trigger) => trigger.event),
    ['push', 'pull_request'],
  );
  t.deepEqual(build?.resources, { cpu: 0.5, memory: 64 * 2 ** 20, disk: 2 ** 30 });
  t.is(build?.timeout, 600_000);
  t.is(build?.machine, 'kept');
  t.is(after?.timeout, 5_400_000);
  t.is(after?.shell?.text, 'sh');
  t.is(make?.timeout, 90_000);
  t.deepEqual(make?.retry, { attempts: 3, delay: 5000 });
  t.deepEqual([other?.id, other?.named, other?.needs], ['step-2', false, []]);
  t.is(workflow?.env.get('B')?.text, '');
});
