import { runProgram } from '../../host/process.ts';
import { openGround } from './ground.ts';
import { median, takeTurns } from './measure.ts';
import { figure, type Section } from './section.ts';
import { wholeRun } from './whole-run.ts';

const steps = 40;

/** What a `run` step costs over its command: machine, contract files, log, clean-up; from one step's end to the next's. */
export async function runStepOverhead(): Promise<Section> {
  const ground = await openGround();
  try {
    const labels = ['--dialect', 'github', '-P', 'ubuntu-latest=busybox', '--isolation', 'sandbox'];
    const { stepEnds } = await wholeRun(ground.folder, jobOf(steps + 1), ...labels);
    const apart = stepEnds.slice(1).map((end, index) => end - (stepEnds[index] ?? Number.NaN));
    const bare = await takeTurns([{ name: 'bare', run: bareCommand }], steps);
    const [step, command] = [median(apart), median(bare[0]?.turns ?? [])];
    return {
      title: 'A `run: true` step of a GitHub workflow behind another, sandbox',
      lines: [
        `${figure('lightv run, a step with all about it', `${step.toFixed(1)} ms`)}   median of ${apart.length}`,
        figure('the bare command, sh -e on a script', `${command.toFixed(1)} ms`),
        figure('overhead', `${(step - command).toFixed(1)} ms`),
      ],
    };
  } finally {
    await ground.close();
  }
}

async function bareCommand(): Promise<void> {
  await runProgram('run a bare command', ['sh', '-e', '-c', 'true']);
}

function jobOf(count: number): string {
  const all = Array.from({ length: count }, () => ({ run: 'true' }));
  return JSON.stringify({ on: 'push', jobs: { row: { 'runs-on': 'ubuntu-latest', steps: all } } });
}
