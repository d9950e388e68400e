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
    for (const { step, file } of loggedSteps(store, run).filter((one) => wanted(one.step, options))) {
      offsets.set(file, await printFrom(file, step, offsets.get(file) ?? 0, out));
    }
    if (ended || signal.aborted) {
      return;
    }
    await wait(lookEvery, undefined, { signal }).catch(() => undefined);
  }
}

/** A step, and where its log is. */
export interface LoggedStep {
  readonly step: StepRecord;
  readonly file: string;
}

/**
 * The steps of a run that have a log, in the order in which they started. What was taken from an earlier run has its log
 * there, as long as that run is remembered.
 */
export function loggedSteps(store: RunStore, run: string): readonly LoggedStep[] {
  const fromJobs = store
    .jobs(run)
    .flatMap(({ id, recorded }) => (recorded === undefined ? [] : earlier(store, recorded, (step) => step.job === id)));
  const own = store.steps(run).flatMap((step): readonly LoggedStep[] => {
    if (step.recorded !== undefined) {
      return earlier(store, step.recorded, ({ job, id }) => job === step.job && id === step.id);
    }
    return step.log === '' ? [] : [{ step, file: join(store.folderOf(run), 'logs', step.log) }];
  });
  return [...fromJobs, ...own];
}

function earlier(store: RunStore, run: string, fits: (step: StepRecord) => boolean): readonly LoggedStep[] {
  return store.list().some(({ id }) => id === run) ? loggedSteps(store, run).filter(({ step }) => fits(step)) : [];
}

/** Whether a job is meant by a name: the job, a cell of its matrix, or a job of the workflow that it calls. */
export function isMeant(job: string, name: string): boolean {
  return job === name || job.startsWith(`${name} (`) || job.startsWith(`${name} / `);
}

function wanted(step: StepRecord, { job, step: name }: LogOptions): boolean {
  return (job === undefined || isMeant(step.job, job)) && (name === undefined || [step.id, step.name].includes(name));
}

async function printFrom(file: string, step: StepRecord, offset: number, out: Out): Promise<number> {
  const prefix = `${cleanText(step.job, false)} | `;
  let end = offset;
  let text = '';
  for await (const { line, end: behind } of readLines(file, offset)) {
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
