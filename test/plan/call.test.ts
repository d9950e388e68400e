import test, { type ExecutionContext } from 'ava';
import type { Plan } from '../../runner/model/plan.ts';
import { everyJob } from '../../runner/plan/every-job.ts';
import { graphMermaid, graphText } from '../../runner/plan/graph.ts';
import { expandDeferred, type PlanOptions, planWorkflow } from '../../runner/plan/plan-workflow.ts';
import { linked, workflowFolder } from '../provider/workflow-files.ts';

const host = { cpu: 2, memory: 4 * 2 ** 30 };

async function plan(t: ExecutionContext, files: Record<string, string>, options: Partial<PlanOptions> = {}) {
  const workflow = await linked(workflowFolder(t, files), 'ci.yml');
  if (!('jobs' in workflow)) {
    throw new Error(workflow.join('\n'));
  }
  return planWorkflow(workflow, { contexts: { github: { event_name: 'push' } }, host, ...options });
}

/** Ids in order; those that are not known yet with a question mark. */
function ids(planned: Plan | undefined): string[] {
  return everyJob(planned ?? { jobs: [] }).map(({ id, kind }) => (kind === 'deferred' ? `${id} ?` : id));
}

const runs = '{ runs-on: ubuntu-latest, steps: [{ run: x }] }';
const called = `on: { workflow_call: { inputs: { list: { type: string, default: '[1]' }, n: { type: number } } } }
jobs:
  last: { needs: cells, runs-on: ubuntu-latest, steps: [{ run: x }] }
  cells:
    runs-on: ubuntu-latest
    strategy: { matrix: { v: "\${{ fromJSON(inputs.list) }}" } }
    steps: [{ run: "\${{ inputs.n }}" }]
`;

test('the jobs of a called workflow stand behind the job that calls it, in their own order', async (t) => {
  const { plan: planned } = await plan(t, {
    'ci.yml': `on: push
jobs:
  after: { needs: [one, two], runs-on: ubuntu-latest, steps: [{ run: x }] }
  one: { uses: ./.github/workflows/called.yml }
  two: { strategy: { matrix: { os: [a, b] } }, uses: ./.github/workflows/called.yml, with: { list: '["x", "y"]' } }
`,
    'called.yml': called,
  });
  t.deepEqual(ids(planned), [
    ...['one', 'one / cells (1)', 'one / last'],
    ...['two (a)', 'two (a) / cells (x)', 'two (a) / cells (y)', 'two (a) / last'],
    ...['two (b)', 'two (b) / cells (x)', 'two (b) / cells (y)', 'two (b) / last'],
    'after',
  ]);
  const [cell] = everyJob(planned ?? { jobs: [] }).filter(({ id }) => id === 'two (a) / cells (y)');
  t.deepEqual([cell?.jobId, cell?.needs, cell?.kind === 'job' && cell.matrix], ['cells', [], { v: 'y' }]);
});

const late = {
  'ci.yml': `on: push
jobs:
  say: ${runs}
  call: { needs: say, uses: ./.github/workflows/called.yml, with: { list: "\${{ needs.say.outputs.list }}", n: 1 } }
`,
  'called.yml': `${called}  on: { uses: ./.github/workflows/inner.yml, with: { where: "\${{ inputs.list }}" } }\n`,
  'inner.yml': `on: { workflow_call: { inputs: { where: { type: string }, other: { type: string } } } }
jobs:
  hangs: { runs-on: "\${{ inputs.where }}", steps: [{ run: x }] }
  known: { runs-on: "\${{ inputs.other || 'ubuntu-latest' }}", steps: [{ run: "\${{ inputs.where }}" }] }
  all: { runs-on: "\${{ fromJSON(toJSON(inputs)).where }}", steps: [{ run: x }] }
`,
};

test('of a call whose inputs hang on outputs everything is known but what hangs on them itself', async (t) => {
  const { plan: planned } = await plan(t, late);
  t.deepEqual(ids(planned), [
    ...['say', 'call', 'call / cells ?', 'call / last'],
    ...['call / on', 'call / on / hangs ?', 'call / on / known', 'call / on / all ?'],
  ]);
});

test('what hangs on inputs is expanded once they are known, within its call', async (t) => {
  const { plan: planned } = await plan(t, late);
  const [cells] = everyJob(planned ?? { jobs: [] }).filter(({ id }) => id === 'call / cells');
  if (planned === undefined || cells?.kind !== 'deferred') {
    t.fail();
    return;
  }
  const contexts = { ...planned.contexts, inputs: { list: '[5, 6]', n: 1 } };
  const { jobs } = expandDeferred(cells, { ...planned, contexts }, {});
  t.deepEqual(
    jobs.map(({ id }) => id),
    ['call / cells (5)', 'call / cells (6)'],
  );
});

test('a call whose matrix hangs on outputs becomes calls', async (t) => {
  const { plan: planned } = await plan(t, {
    'ci.yml': `on: push
jobs:
  say: ${runs}
  call:
    needs: say
    strategy: { matrix: { n: "\${{ fromJSON(needs.say.outputs.list) }}" } }
    uses: ./.github/workflows/called.yml
    with: { n: "\${{ matrix.n }}" }
`,
    'called.yml': called,
  });
  t.deepEqual(ids(planned), ['say', 'call ?']);
  const call = planned?.jobs[1];
  if (planned === undefined || call?.kind !== 'deferred') {
    t.fail();
    return;
  }
  const { jobs } = expandDeferred(call, planned, { say: { result: 'success', outputs: { list: '[7]' } } });
  t.deepEqual(ids({ ...planned, jobs }), ['call (7)', 'call (7) / cells (1)', 'call (7) / last']);
  const { problems } = expandDeferred(call, planned, { say: { result: 'success', outputs: { list: '["x"]' } } });
  t.deepEqual(
    problems.map(({ message }) => message),
    ["'n': the expression gave the text 'x'; allowed: a number, not as a text"],
  );
});

test('one job of a call is picked with what it needs, the call with what that needs', async (t) => {
  const files = {
    'ci.yml': `on: push
jobs:
  first: ${runs}
  other: ${runs}
  call: { needs: first, uses: ./.github/workflows/called.yml }
  whole: { needs: call, runs-on: ubuntu-latest, steps: [{ run: x }] }
`,
    'called.yml': `${called}  apart: ${runs}\n`,
  };
  const picked = async (...jobs: string[]) => ids((await plan(t, files, { jobs })).plan);
  t.deepEqual(await picked('call/apart'), ['first', 'call', 'call / apart']);
  t.deepEqual(await picked('call / last'), ['first', 'call', 'call / cells (1)', 'call / last']);
  t.deepEqual(await picked('call / apart', 'whole'), [
    ...['first', 'call', 'call / cells (1)', 'call / last', 'call / apart'],
    'whole',
  ]);
  const told = async (job: string) => (await plan(t, files, { jobs: [job] })).problems.map(({ message }) => message);
  t.regex(
    (await told('call / aprt'))[0] ?? '',
    /^no job 'aprt' in .*called\.yml; there are last, cells, apart; did you/,
  );
  t.regex((await told('first / x'))[0] ?? '', /^no job 'x' inside 'first' of .*ci\.yml: it calls no workflow$/);
});

test('a filter of matrices looks at those of called workflows too', async (t) => {
  const files = {
    'ci.yml': 'on: push\njobs:\n  call: { uses: ./.github/workflows/called.yml, with: { list: "[1, 2]" } }\n',
    'called.yml': called.replace('strategy: { matrix: { v:', 'strategy: { matrix: { v2: [1], v:'),
  };
  const { plan: planned } = await plan(t, files, { matrix: new Map([['v', new Set(['2'])]]) });
  t.deepEqual(ids(planned), ['call', 'call / cells (1, 2)', 'call / last']);
});

test('calls that multiply beyond bounds are refused before they are planned', async (t) => {
  const many = `[${Array.from({ length: 200 }, (_, index) => index).join(', ')}]`;
  const calls = (next: string) =>
    `on: [push, workflow_call]\njobs:\n  a:\n    strategy: { matrix: { n: ${many} } }\n    uses: ./.github/workflows/${next}\n`;
  const { problems } = await plan(t, {
    'ci.yml': calls('b.yml'),
    'b.yml': calls('c.yml'),
    'c.yml': `on: workflow_call\njobs: { a: ${runs} }\n`,
  });
  t.deepEqual(
    new Set(problems.map(({ message }) => message)),
    new Set(['the run would have more than 4096 jobs, those of called workflows among them']),
  );
});

test('a plan is drawn with its calls', async (t) => {
  const { plan: planned } = await plan(t, {
    'ci.yml': `name: ci
on: push
jobs:
  call: { uses: ./.github/workflows/called.yml }
  after: { needs: call, runs-on: ubuntu-latest, steps: [{ id: s, run: x }] }
`,
    'called.yml': `on: workflow_call
jobs:
  a: { runs-on: ubuntu-latest, steps: [{ id: s, run: x }] }
  b: { needs: a, runs-on: ubuntu-latest, steps: [{ id: s, run: x }] }
`,
  });
  if (planned === undefined) {
    t.fail();
    return;
  }
  t.is(
    graphText(planned),
    `ci
  call calls ./.github/workflows/called.yml
    call / a
      s
    call / b <- a
      s
  after <- call
    s
`,
  );
  t.is(
    graphMermaid(planned),
    `flowchart TD
  subgraph j0["call"]
    subgraph j0j0["call / a"]
      j0j0s0["s"]
    end
    subgraph j0j1["call / b"]
      j0j1s0["s"]
    end
    j0j0 --> j0j1
  end
  subgraph j1["after"]
    j1s0["s"]
  end
  j0 --> j1
`,
  );
});
