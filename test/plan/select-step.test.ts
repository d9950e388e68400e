import test from 'ava';
import { type PlanOptions, planWorkflow } from '../../runner/plan/plan-workflow.ts';
import { readPipeline } from '../../runner/workflow/lightv/read.ts';

const text = `jobs:
  first: {steps: [{run: x}]}
  j:
    needs: first
    artifacts: [{name: all, path: '*'}]
    steps:
      - {id: root, run: x}
      - {id: left, run: x}
      - {id: right, needs: [root], name: Right hand, run: x}
      - {id: join, needs: [left, right], run: x}
      - {run: "make all\\nmake install"}
`;

function steps(options: Partial<PlanOptions>) {
  const { workflow } = readPipeline(text, 'f.yaml');
  const { plan, problems } = workflow
    ? planWorkflow(workflow, { contexts: {}, host: { cpu: 2, memory: 2 ** 32 }, ...options })
    : { plan: undefined, problems: [] };
  const jobs = plan?.jobs.flatMap((job) => (job.kind === 'job' ? [job] : [])) ?? [];
  return { jobs, told: problems.map(({ message }) => message) };
}

function kept(step: string): string[] {
  return (
    steps({ jobs: ['j'], step })
      .jobs.find(({ id }) => id === 'j')
      ?.steps.map(({ id }) => id) ?? []
  );
}

test('a job ends with the step named, by its id, its name or what it is called by; what it needs is left', (t) => {
  t.deepEqual(kept('left'), ['root', 'left']);
  t.deepEqual(kept('Right hand'), ['root', 'right']);
  t.deepEqual(kept('join'), ['root', 'left', 'right', 'join']);
  t.deepEqual(kept('make all'), ['root', 'left', 'right', 'join', 'step-5']);
});

test('its needs run whole, and nothing is done at the end of a job that was cut', (t) => {
  const { jobs } = steps({ jobs: ['j'], step: 'left' });
  t.deepEqual(
    jobs.map(({ id, partial, artifacts }) => [id, partial, artifacts.length]),
    [
      ['first', undefined, 0],
      ['j', true, 0],
    ],
  );
});

test('a step that is not there, and one of nobody knows which job', (t) => {
  t.deepEqual(steps({ jobs: ['j'], step: 'letf' }).told, [
    "no step 'letf' in job 'j'; there are root, left, right, join, step-5; did you mean 'left'?",
  ]);
  t.deepEqual(steps({ step: 'left' }).told, ['--step left: of which job? --job names one; there are first, j']);
  t.deepEqual(steps({ jobs: ['j', 'first'], step: 'left' }).told, [
    '--step left: of which job? --job names j and first',
  ]);
});
