import { performance } from 'node:perf_hooks';
import { planWorkflow } from '../../plan/plan-workflow.ts';
import { readGithubWorkflow } from '../../workflow/github/read.ts';
import { median } from './measure.ts';
import { figure, type Section } from './section.ts';

const numbers = `[${Array.from({ length: 16 }, (_, index) => index).join(', ')}]`;
const step = '- { name: "${{ matrix.a }}", run: "echo ${{ matrix.b }}", env: { A: "${{ matrix.a }}" } }';

/** 256 cells of five steps, with expressions where workflows have them. */
const workflow = `on: push
jobs:
  cell:
    strategy: { matrix: { a: ${numbers}, b: ${numbers}, include: [{ a: 3, c: x }] } }
    runs-on: \${{ matrix.a == 20 && 'self-hosted' || 'ubuntu-latest' }}
    name: cell \${{ matrix.a }}
    timeout-minutes: \${{ matrix.b || 1 }}
    steps:
${`      ${step}\n`.repeat(5)}`;

/** The plan of a matrix as large as GitHub allows, by itself: the file is read before. */
export async function planMatrix(rounds: number): Promise<Section> {
  const started = performance.now();
  const read = await readGithubWorkflow(workflow, '/bench.yml', undefined);
  const reading = performance.now() - started;
  const turns = Array.from({ length: rounds }, () => planned(read.workflow));
  const shown = (milliseconds: number) => `${milliseconds.toFixed(1)} ms`;
  return {
    title: 'The plan of a matrix of 256 cells of 5 steps',
    lines: [
      figure('reading the file, in a process that has read none', shown(reading)),
      figure('the first plan', shown(turns[0] ?? Number.NaN)),
      figure('plans after it', `${shown(median(turns.slice(1)))}   median of ${rounds - 1}`),
    ],
  };
}

/** Milliseconds it takes. */
function planned(read: Awaited<ReturnType<typeof readGithubWorkflow>>['workflow']): number {
  if (read === undefined) {
    throw new Error('the workflow of the bench cannot be read');
  }
  const started = performance.now();
  const contexts = { github: {}, vars: {}, inputs: {} };
  const { plan } = planWorkflow(read, { contexts, host: { cpu: 64, memory: 2 ** 40 } });
  const took = performance.now() - started;
  if (plan?.jobs.length !== 256) {
    throw new Error(`the plan has ${plan?.jobs.length} jobs`);
  }
  return took;
}
