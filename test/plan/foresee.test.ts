import test from 'ava';
import { foreseeJobs, foreseeStep } from '../../runner/plan/foresee.ts';
import { planWorkflow } from '../../runner/plan/plan-workflow.ts';
import { readPipeline } from '../../runner/workflow/lightv/read.ts';

const contexts = { github: { ref: 'refs/heads/main' }, vars: { A: 'b' }, inputs: {}, runner: { os: 'Linux' } };

function plan(jobs: string) {
  const { workflow } = readPipeline(`jobs:\n${jobs}`, 'f.yaml');
  const planned = workflow && planWorkflow(workflow, { contexts, host: { cpu: 2, memory: 2 ** 32 } }).plan;
  if (planned === undefined) {
    throw new Error(jobs);
  }
  return planned;
}

function jobs(text: string): Record<string, string> {
  const found = foreseeJobs(plan(text));
  return Object.fromEntries([...found].map(([id, { runs }]) => [id, runs]));
}

const steps = 'steps: [{run: x}]';

test('conditions over what is known are told, and what needs a skipped job is skipped', (t) => {
  const text = `
  a: {if: "github.ref == 'refs/heads/other'", ${steps}}
  b: {needs: a, ${steps}}
  c: {needs: b, if: always(), ${steps}}
  d: {needs: c, ${steps}}
  e: {if: "vars.A == 'b' && startsWith(github.ref, 'refs/heads/')", ${steps}}
  f: {needs: a, if: failure(), ${steps}}
  g: {needs: a, if: "!cancelled()", ${steps}}
`;
  t.deepEqual(jobs(text), { a: 'no', b: 'no', c: 'yes', d: 'yes', e: 'yes', f: 'after-failure', g: 'yes' });
});

test('what hangs on the run itself is left open', (t) => {
  const found = jobs(`
  a: {outputs: {x: y}, ${steps}}
  b: {needs: a, if: "needs.a.outputs.x == 'y'", ${steps}}
  c: {needs: b, ${steps}}
`);
  t.deepEqual(found, { a: 'yes', b: 'perhaps', c: 'yes' });
});

test('steps see their cell; after a failure, when cancelled, never', (t) => {
  const { jobs: planned } = plan(`
  m:
    strategy: {matrix: {n: [1, 2]}}
    steps:
      - {id: a, run: x, if: matrix.n == 2}
      - {run: x, if: failure()}
      - {run: x, if: cancelled()}
      - {run: x, if: "\${{ false }}"}
      - {run: x, if: "hashFiles('*') != ''"}
      - {run: x, if: steps.a.outcome == 'success'}
`);
  const all = planned.map((job) =>
    job.kind === 'job' ? job.steps.map((step) => foreseeStep(step, job, contexts)) : [],
  );
  t.deepEqual(
    all.map((found) => found.map(({ runs }) => runs)),
    [
      ['no', 'after-failure', 'after-failure', 'no', 'perhaps', 'perhaps'],
      ['yes', 'after-failure', 'after-failure', 'no', 'perhaps', 'perhaps'],
    ],
  );
  t.deepEqual(all[0]?.[0], { runs: 'no', why: 'if matrix.n == 2 is false' });
  t.deepEqual(all[0]?.[2], { runs: 'after-failure', why: 'only when the run is cancelled' });
});
