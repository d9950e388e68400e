import prettyBytes from 'pretty-bytes';
import { openGround } from './ground.ts';
import { figure, type Section } from './section.ts';
import { wholeRun } from './whole-run.ts';

const bytes = 200 * 1024 * 1024;

/** A sandboxed step that writes 200 MiB of 100-byte lines: how fast they get through, what the host holds meanwhile. */
export async function logFlood(): Promise<Section> {
  const ground = await openGround();
  try {
    const run = await wholeRun(ground.folder, flood(bytes));
    const idle = await wholeRun(ground.folder, flood(100));
    return {
      title: 'A step that writes 200 MiB of log, sandbox',
      lines: [
        figure('log throughput', `${(bytes / 1e6 / (run.durationMs / 1000)).toFixed(1)} MB/s`),
        figure('peak memory of LightV', prettyBytes(run.peakMemory)),
        `${figure('peak memory of LightV, one line of log', prettyBytes(idle.peakMemory))}   ratio ${(
          run.peakMemory / idle.peakMemory
        ).toFixed(2)}`,
      ],
    };
  } finally {
    await ground.close();
  }
}

function flood(size: number): string {
  const line = 'x'.repeat(99);
  return JSON.stringify({
    defaults: { image: 'busybox', isolation: 'sandbox' },
    jobs: { flood: { checkout: false, steps: [{ run: `yes ${line} | head -c ${size}` }] } },
  });
}
