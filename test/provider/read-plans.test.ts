import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { WrongInput } from '../../runner/host/fault.ts';
import { readPlans } from '../../runner/provider/local/read-plans.ts';
import { folder } from '../ground/folder.ts';
import { workflowFolder } from './workflow-files.ts';

const options = {
  host: { cpu: 2, memory: 4 * 1024 ** 3 },
  secrets: new Set<string>(),
  given: { vars: {}, inputs: {} },
} as unknown as Parameters<typeof readPlans>[1];

function pipelineFile(folder: string, text: string): string {
  const file = join(folder, 'p.yaml');
  writeFileSync(file, text);
  return file;
}

const asking = 'jobs:\n  build:\n    checkout: true\n    steps:\n      - run: "true"\n';

test('checkout: true outside git is refused before anything starts, with its place', async (t) => {
  const file = pipelineFile(folder(t), asking);
  const fault = await t.throwsAsync(readPlans([file], options), { instanceOf: WrongInput });
  t.is(fault?.problems.length, 1);
  t.regex(fault?.problems[0]?.message ?? '', /job 'build' has checkout: true.*not in a git repository/);
  t.is(fault?.problems[0]?.place?.line, 2);
});

test('checkout: true inside git, and a checkout that is not named outside it, are fine', async (t) => {
  const inside = folder(t);
  execFileSync('git', ['init', '-q', inside]);
  t.is((await readPlans([pipelineFile(inside, asking)], options)).length, 1);
  const silent = pipelineFile(folder(t), asking.replace('    checkout: true\n', ''));
  t.is((await readPlans([silent], options)).length, 1);
});

test('an image that is not there is refused with its place', async (t) => {
  const file = pipelineFile(folder(t), asking.replace('checkout: true', 'image: busybx'));
  const fault = await t.throwsAsync(readPlans([file], options), { instanceOf: WrongInput });
  t.regex(fault?.problems[0]?.message ?? '', /busybx/);
  t.is(fault?.problems[0]?.place?.line, 3);
});

test('what reading and what planning find comes in one go, nothing twice, files apart', async (t) => {
  const home = folder(t);
  const first = join(home, 'a.yaml');
  writeFileSync(
    first,
    `jobs:
  build:
    image: ./none
    timeout: 5 minutes
    resources: { memory: 900Gi }
    steps:
      - { run: make, secrets: [TOKEN], rnu: y }
  cells:
    strategy: { matrix: { a: [1], exclude: 5 } }
    steps:
      - { run: x, image: './\${{ matrix.a }}' }
  none:
    image: ./\${{ matrix.a }}
    needs: biuld
    steps: [{ run: x }]
`,
  );
  const second = join(home, 'b.yaml');
  writeFileSync(second, asking);
  const fault = await t.throwsAsync(readPlans([first, second], options), {
    instanceOf: WrongInput,
  });
  const lines = fault?.problems.map(
    ({ place, message }) => `${place?.file.slice(-6, -5)}${place?.line} ${message.slice(0, 30)}`,
  );
  t.deepEqual(lines, [
    'a3 there is no image `./none`: ex',
    "a4 'timeout': found the text '5 m",
    'a5 900Gi of memory is more than t',
    "a7 the secret 'TOKEN' has no valu",
    "a7 unknown key 'rnu' in a step; a",
    "a9 'exclude': found the number 5;",
    "a13 job 'none' has no matrix",
    "a14 'needs' names 'biuld', but the",
    "b2 job 'build' has checkout: true",
  ]);
});

test('of files that nobody named, those that only others can call do not run; one that none calls is told', async (t) => {
  const runs = '{ runs-on: ubuntu-latest, steps: [{ run: x }] }';
  const top = workflowFolder(t, {
    'a.yml': `on: workflow_call\njobs: { a: ${runs} }\n`,
    'b.yml': `on: workflow_call\njobs: { b: ${runs} }\n`,
    'ci.yml': 'on: push\njobs: { call: { uses: ./.github/workflows/a.yml } }\n',
  });
  const [a = '', b = '', ci = ''] = ['a', 'b', 'ci'].map((name) => join(top, `.github/workflows/${name}.yml`));
  const found = async (files: readonly string[], ...named: string[]) => {
    const unnamed = new Set(files.filter((file) => !named.includes(file)));
    return (await readPlans(files, { ...options, found: unnamed })).map(({ file, notices }) => [file, ...notices]);
  };
  const idle = 'b.yml is not run: only other workflows can call it, and none does';
  t.deepEqual(await found([a, b, ci]), [[ci, idle]]);
  t.deepEqual(await found([a, b, ci], b), [[b], [ci]]);
  t.deepEqual(await found([a, b]), [[a], [b]]);
});
