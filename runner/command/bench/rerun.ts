import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { execa } from 'execa';
import { HostFault } from '../../host/fault.ts';
import { packageRoot } from '../../host/paths.ts';
import { openGround } from './ground.ts';
import { median } from './measure.ts';
import { figure, type Section } from './section.ts';

/** Bytes that the steps before the failed one leave on its disk. */
const sizes = [0, 64, 256].map((mebibytes) => mebibytes * 1024 ** 2);

/** From typing `--rerun-failed` to the first line of the step that failed, behind steps that left more or less on its disk. */
export async function rerunFailed(rounds: number): Promise<Section> {
  const lines: string[] = [];
  for (const size of sizes) {
    const ground = await openGround();
    try {
      const file = join(ground.folder, 'pipeline.yaml');
      await writeFile(file, pipelineOf(size));
      await untilLine(ground.folder, [file]);
      const turns: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        turns.push(await untilLine(ground.folder, ['--rerun-failed', 'latest']));
      }
      const name = `lightv run --rerun-failed, ${size / 1024 ** 2} MiB on disk`;
      lines.push(`${figure(name, `${median(turns).toFixed(1)} ms`)}   median of ${rounds}`);
    } finally {
      await ground.close();
    }
  }
  return { title: 'The step that failed, run again, sandbox: from the command to its first line', lines };
}

function pipelineOf(size: number): string {
  const steps = [{ run: `head -c ${size} /dev/urandom >big` }, { run: 'echo reached; exit 1' }];
  return JSON.stringify({
    defaults: { image: 'busybox', isolation: 'sandbox' },
    jobs: { one: { checkout: false, steps } },
  });
}

/** Milliseconds to the line of the step that fails; the run has ended by then. */
async function untilLine(folder: string, args: readonly string[]): Promise<number> {
  const since = performance.now();
  const child = execa(process.execPath, [join(packageRoot(), 'runner/dist/main.js'), 'run', '--json', ...args], {
    reject: false,
    buffer: { stdout: false },
    env: { LIGHTV_STATE_DIR: join(folder, 'state') },
  });
  let took: number | undefined;
  for await (const line of child.iterable()) {
    took ??= line.includes('"reached"') ? performance.now() - since : undefined;
  }
  const { stderr } = await child;
  if (took === undefined) {
    throw new HostFault('measure a rerun', `its step was not reached: ${stderr.slice(-2000)}`);
  }
  return took;
}
