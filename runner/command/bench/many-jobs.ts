import { cpus } from 'node:os';
import { runProgram } from '../../host/process.ts';
import { openImage } from '../../image/open.ts';
import { imageTree } from '../../image/tree.ts';
import { openGround } from './ground.ts';
import { figure, type Section } from './section.ts';
import { wholeRun } from './whole-run.ts';

const jobs = 50;

/** A matrix of `true` at the machine's full width, beside as many bare sandboxes started by xargs. */
export async function manyJobs(): Promise<Section> {
  const width = cpus().length;
  const tree = await imageTree(await openImage('busybox'));
  const ground = await openGround();
  try {
    const run = await wholeRun(ground.folder, matrixOf(jobs), '--max-parallel', `${width}`);
    const started = performance.now();
    await runProgram('run xargs', ['sh', '-c', bareSandboxes(tree, width)]);
    const bare = jobs / ((performance.now() - started) / 1000);
    const ours = jobs / (run.durationMs / 1000);
    return {
      title: `A matrix of ${jobs} jobs of \`true\`, sandbox, ${width} at once`,
      lines: [
        figure('lightv run', `${ours.toFixed(1)} jobs/s`),
        `${figure('xargs of bare bwrap', `${bare.toFixed(1)} jobs/s`)}   ratio ${(ours / bare).toFixed(2)}`,
      ],
    };
  } finally {
    await ground.close();
  }
}

function matrixOf(count: number): string {
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  return JSON.stringify({
    defaults: { image: 'busybox', isolation: 'sandbox' },
    jobs: { cell: { checkout: false, strategy: { matrix: { n: numbers } }, steps: [{ run: 'true' }] } },
  });
}

function bareSandboxes(tree: string, width: number): string {
  const sandbox = `bwrap --unshare-all --die-with-parent --ro-bind '${tree}' / --proc /proc --dev /dev /bin/true`;
  return `seq ${jobs} | xargs -P ${width} -I {} ${sandbox}`;
}
