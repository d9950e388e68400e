import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { StepRecord } from '../store/record.ts';
import { readLines } from '../store/step-log.ts';
import type { RunStore } from '../store/store.ts';
import { cleanText } from './render/clean-text.ts';
import type { Out } from './render/screen.ts';

/** How often a log that is followed is looked at, in milliseconds. */
const lookEvery = 250;

export interface LogOptions {
  readonly job?: string;
  readonly step?: string;
  /** Go on until the run has ended. */
  readonly follow: boolean;
}

/** Prints a run's log, step by step in the order in which they started, each line prefixed `job | `. */
export async function showLogs(store: RunStore, run: string, options: LogOptions, out: Out, signal: AbortSignal) {
  const offsets = new Map<string, number>();
  for (;;) {
    // Asked before the files are read: what was written by then is not missed.
    const ended = !options.follow || store.find(run).state !== 'running';
    for (const step of store.steps(run).filter((one) => wanted(one, options))) {
      offsets.set(step.log, await printFrom(store, run, step, offsets.get(step.log) ?? 0, out));
    }
    if (ended || signal.aborted) {
      return;
    }
    await wait(lookEvery, undefined, { signal }).catch(() => undefined);
  }
}

function wanted(step: StepRecord, { job, step: id }: LogOptions): boolean {
  const jobFits = job === undefined || step.job === job || step.job.startsWith(`${job} (`);
  return step.log !== '' && jobFits && (id === undefined || step.id === id);
}

async function printFrom(store: RunStore, run: string, step: StepRecord, offset: number, out: Out): Promise<number> {
  const prefix = `${cleanText(step.job, false)} | `;
  let end = offset;
  let text = '';
  for await (const { line, end: behind } of readLines(join(store.folderOf(run), 'logs', step.log), offset)) {
    text += `${prefix}${cleanText(line.text, false)}\n`;
    end = behind;
    if (text.length > 64 * 1024) {
      await out.write(text);
      text = '';
    }
  }
  if (text !== '') {
    await out.write(text);
  }
  return end;
}
