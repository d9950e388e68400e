import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { HostFault } from '../../host/fault.ts';
import { packageRoot } from '../../host/paths.ts';
import type { RunEndEvent, RunEvent } from '../../model/event.ts';

/** What a whole `lightv run` process did. */
export interface WholeRun {
  /** Milliseconds the run itself took, without the process's start. */
  readonly durationMs: number;
  /** Bytes: the most the LightV process held resident. */
  readonly peakMemory: number;
  readonly events: number;
  /** Milliseconds since 1970 of each step's end, in order. */
  readonly stepEnds: readonly number[];
}

/** Runs a pipeline with the shipped bundle in a process of its own. Rejects with a `HostFault` when it does not end well. */
export async function wholeRun(folder: string, pipeline: string, ...options: string[]): Promise<WholeRun> {
  const file = join(folder, 'pipeline.yaml');
  await writeFile(file, pipeline);
  const child = execa(
    process.execPath,
    [join(packageRoot(), 'runner/dist/main.js'), 'run', '--json', ...options, file],
    { reject: false, buffer: { stdout: false }, env: { LIGHTV_STATE_DIR: join(folder, 'state') } },
  );
  let end: RunEndEvent | undefined;
  const stepEnds: number[] = [];
  let events = 0;
  let peakMemory = 0;
  for await (const line of child.iterable()) {
    events += 1;
    if (events % 10_000 === 1 || line.includes('"run-end"')) {
      peakMemory = Math.max(peakMemory, await residentPeak(child.pid));
    }
    if (line.includes('"run-end"') || line.includes('"step-end"')) {
      const event = JSON.parse(line) as RunEvent;
      end = event.type === 'run-end' ? event : end;
      stepEnds.push(...(event.type === 'step-end' ? [Date.parse(event.time)] : []));
    }
  }
  const { exitCode, stderr } = await child;
  if (end === undefined || exitCode !== 0) {
    throw new HostFault('measure a run', `it ended with exit code ${exitCode}: ${stderr.slice(-2000)}`);
  }
  return { durationMs: end.durationMs, peakMemory, events, stepEnds };
}

/** The kernel keeps the high-water mark itself, so a look now and then misses nothing before it. */
async function residentPeak(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}
