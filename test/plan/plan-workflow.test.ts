import test from 'ava';
import { graphMermaid, graphText } from '../../runner/plan/graph.ts';
import { expandDeferred, type PlanOptions, planWorkflow } from '../../runner/plan/plan-workflow.ts';
import { readPipeline } from '../../runner/workflow/lightv/read.ts';

const host = { cpu: 2, memory: 4 * 2 ** 30 };

function plan(text: string, options: Partial<PlanOptions> = {}) {
  const { workflow, problems } = readPipeline(text, 'f.yaml');
  if (workflow === undefined) {
    throw new Error(problems.map((problem) => problem.message).join('\n'));
  }
  return planWorkflow(workflow, { contexts: {}, host, ...options });
}

function ids(text: string, options: Partial<PlanOptions> = {}): string[] | undefined {
  return plan(text, options).plan?.jobs.map((job) => (job.kind === 'job' ? job.id : `deferred ${job.jobId}`));
}

function told(text: string, options: Partial<PlanOptions> = {}): string[] {
  return plan(text, options).problems.map(({ message, place }) => `${place?.line ?? '-'}: ${message}`);
}

const step = 'steps: [{run: x}]';
const three = `on: push\njobs: {c: {needs: a, ${step}}, b: {${step}}, a: {${step}}}`;

test('jobs come after their needs, else in the order of the file', (t) => {
  t.deepEqual(ids(three), ['b', 'a', 'c']);
});

test('a job named takes its needs along', (t) => {
  t.deepEqual(ids(three, { jobs: ['c'] }), ['a', 'c']);
  t.deepEqual(told(three, { jobs: ['d'] }), ["-: no job 'd' in f.yaml; there are c, b, a"]);
});

test('an event that does not match leaves a plan without jobs', (t) => {
  t.deepEqual(ids(three, { event: 'push' }), ['b', 'a', 'c']);
  t.deepEqual(ids(three, { event: 'schedule' }), []);
});

const axes = (length: number) => `[${Array.from({ length }, (_, index) => index).join(', ')}]`;
const large = `jobs: {m: {strategy: {matrix: {a: ${axes(16)}, b: ${axes(16)}}}, ${step}}}`;

test('a matrix of 256 cells is planned the same every time', (t) => {
  const first = plan(large).plan;
  t.is(first?.jobs.length, 256);
  t.is(ids(large)?.[17], 'm (1, 1)');
  t.is(JSON.stringify(plan(large).plan), JSON.stringify(first));
});

test('a filter keeps cells with their place in the whole matrix', (t) => {
  const { plan: planned } = plan(large, {
    matrix: new Map([
      ['a', new Set(['1'])],
      ['b', new Set(['2', '3'])],
    ]),
  });
  const jobs = planned?.jobs.filter((job) => job.kind === 'job') ?? [];
  t.deepEqual(
    jobs.map((job) => [job.id, job.strategy.index, job.strategy.total]),
    [
      ['m (1, 2)', 18, 256],
      ['m (1, 3)', 19, 256],
    ],
  );
  t.deepEqual(told(large, { matrix: new Map([['z', new Set(['1'])]]) }), [
    '-: --matrix z: no matrix has that key; there are a, b',
  ]);
});

test('a level may be raised and never lowered', (t) => {
  const text = 'jobs:\n  a:\n    steps:\n      - {run: x, isolation: sandbox}\n      - {run: x}\n';
  const levels = (isolation: 'microvm' | 'sandbox') => {
    const [job] = plan(text, { isolation }).plan?.jobs ?? [];
    return job?.kind === 'job' ? job.steps.map((planned) => planned.isolation) : [];
  };
  t.deepEqual(levels('microvm'), ['microvm', 'microvm']);
  t.deepEqual(levels('sandbox'), ['sandbox', 'sandbox']);
  t.deepEqual(told(text, { isolation: 'wasm' }), [
    "4: the file asks for 'sandbox', which --isolation wasm would lower; it may only be raised",
  ]);
});

test('resources stay between what a level needs and what the host has', (t) => {
  const text =
    'jobs:\n  a:\n    resources:\n      cpu: 3\n      memory: 5Gi\n    steps: [{run: x}, {run: x, resources: {memory: 64Ki}}]';
  t.deepEqual(told(text), [
    '4: 3 CPUs are more than this host has to give: 2',
    '5: 5Gi of memory is more than this host has to give: 4Gi',
    '6: 64Ki of memory is too little; a machine needs at least 1Mi',
  ]);
  const disks = 'jobs:\n  a:\n    resources:\n      disk: 2Gi\n    steps: [{run: x}]';
  t.deepEqual(told(disks), []);
  t.deepEqual(told(disks.replace('2Gi', '31Mi')), ['4: a disk of 31Mi is too small; it takes at least 32Mi']);
  t.deepEqual(told(disks, { host: { ...host, disk: 2 ** 30 } }), [
    '4: a disk of 2Gi is more than this host has to give: 1Gi',
  ]);
});

test('a secret named needs a value', (t) => {
  const text = 'jobs:\n  a:\n    steps:\n      - {run: x, secrets: [KEY]}';
  t.deepEqual(told(text, { secrets: new Set() }), [
    "4: the secret 'KEY' has no value; give it with --secret KEY=VALUE or --secret-file",
  ]);
  t.deepEqual(told(text, { secrets: new Set(['KEY']) }), []);
});

test('an artifact name that every cell would use is refused', (t) => {
  const text = (name: string) =>
    `jobs:\n  a:\n    strategy: {matrix: {x: [1, 2]}}\n    steps:\n      - run: x\n        artifacts: {name: "${name}", path: p}`;
  t.deepEqual(told(text('one')), [
    "6: the artifact 'one' is made by every cell of the matrix; put a value of the matrix into its name",
  ]);
  t.deepEqual(told(text('one-${{ matrix.x }}')), []);
});

const deferred = `jobs:
  a: {outputs: {list: "\${{ steps.s.outputs.list }}"}, steps: [{id: s, run: x}]}
  b:
    needs: a
    strategy: {matrix: {x: "\${{ fromJSON(needs.a.outputs.list) }}"}}
    steps: [{run: x, resources: {memory: "\${{ matrix.x }}Mi"}}]
`;

test('a job whose matrix hangs on outputs is expanded when they are there', (t) => {
  const { plan: planned } = plan(deferred);
  t.deepEqual(ids(deferred), ['a', 'deferred b']);
  const job = planned?.jobs[1];
  if (planned === undefined || job?.kind !== 'deferred') {
    t.fail();
    return;
  }
  const needs = (list: string) => ({ a: { result: 'success', outputs: { list } } });
  const { jobs } = expandDeferred(job, planned, needs('[32, 64]'));
  t.deepEqual(
    jobs.map((cell) => [cell.id, cell.kind === 'job' ? cell.steps[0]?.resources.memory : undefined]),
    [
      ['b (32)', 32 * 2 ** 20],
      ['b (64)', 64 * 2 ** 20],
    ],
  );
  t.deepEqual(
    expandDeferred(job, planned, needs('[]')).problems.map((problem) => problem.message),
    ["the matrix axis 'x' is empty"],
  );
});

test('a plan is drawn as text and as mermaid', (t) => {
  const { plan: planned } = plan(deferred);
  if (planned === undefined) {
    t.fail();
    return;
  }
  t.is(graphText(planned), 'f\n  a\n    s\n  b (expanded when its needs end) <- a\n    step-1: x\n');
  const boxes =
    '  subgraph j0["a"]\n    j0s0["s"]\n  end\n  subgraph j1["b (expanded later)"]\n    j1s0["step-1: x"]\n  end\n';
  t.is(graphMermaid(planned), `flowchart TD\n${boxes}  j0 --> j1\n`);
});
