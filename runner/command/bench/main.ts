import { cpus, totalmem } from 'node:os';
import prettyBytes from 'pretty-bytes';
import { causeText } from '../../host/fault.ts';
import { ensureSetup } from '../ensure-setup.ts';
import { coldBoot } from './cold-boot.ts';
import { logFlood } from './log-flood.ts';
import { manyJobs } from './many-jobs.ts';
import { planMatrix } from './plan-matrix.ts';
import { rerunFailed } from './rerun.ts';
import { runStepOverhead } from './run-step.ts';
import { sandboxStep } from './sandbox-step.ts';
import { type Section, showSection } from './section.ts';
import { startUp } from './start-up.ts';

/** Each stands alone: one that cannot run here says why, and the exit code tells that something is missing. */
const benches: readonly (() => Promise<readonly Section[]>)[] = [
  () => startUp(15),
  async () => [await planMatrix(15)],
  async () => [await sandboxStep(15)],
  async () => [await runStepOverhead()],
  async () => [await rerunFailed(9)],
  async () => [await coldBoot(5)],
  async () => [await manyJobs()],
  async () => [await logFlood()],
];

try {
  await ensureSetup({ kind: 'bench' }, { onProgress: (line) => console.error(line) });
} catch (error) {
  // What is missing is missing below as well, and what is not can be measured.
  console.error(causeText(error));
}
console.log(`${cpus().length} CPUs, ${prettyBytes(totalmem())}, Node ${process.version}; all in one run\n`);
for (const bench of benches) {
  try {
    for (const section of await bench()) {
      console.log(showSection(section));
      process.exitCode = section.incomplete === true ? 3 : process.exitCode;
    }
  } catch (error) {
    console.log(`not measured: ${causeText(error)}\n`);
    process.exitCode = 3;
  }
}
