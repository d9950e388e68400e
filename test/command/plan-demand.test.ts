import { join } from 'node:path';
import test from 'ava';
import { demandOf } from '../../runner/command/plan-demand.ts';
import { hostPurposes } from '../../runner/command/setup-purpose.ts';
import { packageRoot } from '../../runner/host/paths.ts';
import type { Dialect, Isolation } from '../../runner/model/workflow.ts';
import { readPlans } from '../../runner/provider/local/read-plans.ts';
import { writePipeline } from './write-pipeline.ts';

const options = {
  given: { vars: {}, inputs: {} },
  host: { cpu: 2, memory: 8 * 1024 ** 3 },
  fetchFor: () => Promise.reject(new Error('nothing is called')),
};

async function demandOfFile(file: string, more: { isolation?: Isolation; dialect?: Dialect } = {}) {
  return demandOf(await readPlans([file], { ...options, ...more }));
}

test('the first pipeline asks for microVMs of the busybox image and nothing else', async (t) => {
  const demand = await demandOfFile(join(packageRoot(), 'pipelines', 'hello.yaml'));
  t.deepEqual(demand, {
    images: new Set(['busybox']),
    tools: new Set(),
    levels: new Set<Isolation>(['microvm']),
    network: false,
    registries: false,
  });
  t.deepEqual(await hostPurposes({ kind: 'run', demand }), ['microvm', 'agent', 'checkout', 'image']);
});

test('steps are looked at one by one', async (t) => {
  const file = writePipeline(
    t,
    `
jobs:
  one:
    image: busybox
    isolation: sandbox
    steps:
      - run: a
      - { run: b, network: full }
  two:
    image: debian
    isolation: sandbox
    steps:
      - { run: c, isolation: microvm, image: busybox }
`,
  );
  t.deepEqual(await demandOfFile(file), {
    images: new Set(['busybox']),
    tools: new Set(),
    levels: new Set<Isolation>(['sandbox', 'microvm']),
    network: true,
    registries: false,
  });
});

test('a job that is expanded later counts with all it may ask for', async (t) => {
  const text = (wishes: string) => `
jobs:
  first: { image: busybox, isolation: sandbox, outputs: { x: '[1]', level: sandbox }, steps: [{ run: a }] }
  later:
    needs: [first]
    image: debian
    ${wishes}
    strategy: { matrix: { x: "\${{ fromJSON(needs.first.outputs.x) }}" } }
    steps: [{ run: b }]
`;
  const named = await demandOfFile(writePipeline(t, text('isolation: sandbox')));
  t.deepEqual(named, {
    images: new Set(['busybox', 'debian']),
    tools: new Set(),
    levels: new Set<Isolation>(['sandbox']),
    network: false,
    registries: false,
  });
  const raised = await demandOfFile(writePipeline(t, text('')), { isolation: 'microvm' });
  t.true(raised.levels.has('microvm'));
  const open = await demandOfFile(writePipeline(t, text(`isolation: "\${{ needs.first.outputs.level }}"`)));
  t.deepEqual(open.levels, new Set<Isolation>(['sandbox', 'microvm']));
});

test('a job that uses an action of others asks for Node, one that checks out does not', async (t) => {
  const workflow = (uses: string) =>
    writePipeline(t, `on: push\njobs: { a: { runs-on: ubuntu-latest, steps: [{ uses: ${uses} }] } }\n`);
  const github = { dialect: 'github' } as const;
  t.deepEqual((await demandOfFile(workflow('actions/checkout@v4'), github)).tools, new Set());
  t.deepEqual((await demandOfFile(workflow('octo/any@v1'), github)).tools, new Set(['node']));
});

test('images of containers and services are pulled when their jobs begin, not before', async (t) => {
  const job = (more: string) => `on: push\njobs: { a: { runs-on: ubuntu-latest, ${more} } }\n`;
  const registries = async (more: string) => {
    const { images, registries } = await demandOfFile(writePipeline(t, job(more)), { dialect: 'github' });
    return [[...images], registries];
  };
  t.deepEqual(await registries('container: "debian:12", steps: [{ run: x }]'), [[], true]);
  t.deepEqual(await registries('services: { db: postgres }, steps: [{ run: x }]'), [['debian'], true]);
  t.deepEqual(await registries('steps: [{ uses: "docker://debian:12" }]'), [['debian'], true]);
  t.deepEqual(await registries('steps: [{ run: x }]'), [['debian'], false]);
});

test('the tests have a registry, and what unpacks its layers', async (t) => {
  const purposes = await hostPurposes({ kind: 'test' });
  t.true(purposes.includes('registry') && purposes.includes('oci-image'));
  t.false((await hostPurposes({ kind: 'run' })).includes('registry'));
});
