import { randomUUID } from 'node:crypto';
import type * as Core from '@actions/core';
import type { JobEndEvent, NoticeEvent, ProblemEvent, RunEvent, StepEndEvent } from '../../model/event.ts';
import { cleanText } from './clean-text.ts';
import { shortPath } from './problem-line.ts';

/** What the report needs of `@actions/core`. */
export type ActionCore = Pick<
  typeof Core,
  'startGroup' | 'endGroup' | 'info' | 'notice' | 'warning' | 'error' | 'setOutput' | 'summary'
>;

/** Bytes of one step's log held back until its group can be written; the rest stays in `lightv logs`. */
const heldBytes = 1024 * 1024;

/** Turns the events of runs into what a GitHub job shows. */
export interface ActionReport {
  take(event: RunEvent): void;
  /** Writes the outputs `result` and `run-id` and the job summary; once, at the end. */
  finish(): Promise<void>;
}

/**
 * GitHub's log groups cannot run side by side, so a step's lines are held until the step ends and then written as one
 * group. Lines are masked already. Several runs (one a file) share one report: the worst result is the output.
 */
export function actionReport(core: ActionCore): ActionReport {
  const held = new Map<string, HeldLog>();
  const jobs: JobEndEvent[] = [];
  const summaries: string[] = [];
  let result = 'success';
  const runs: string[] = [];

  const endStep = (event: StepEndEvent): void => {
    core.startGroup(`${event.job} / ${event.step}: ${event.conclusion}`);
    print(core, held.get(logKey(event))?.lines ?? []);
    core.endGroup();
    held.delete(logKey(event));
    if (event.outcome === 'failure') {
      const say = event.conclusion === 'failure' ? core.error : core.warning;
      say(`${event.job} / ${event.step} failed: ${event.detail ?? event.reason ?? 'no reason given'}`);
    }
    if (event.summary !== undefined) {
      summaries.push(event.summary);
    }
  };

  const take = (event: RunEvent): void => {
    switch (event.type) {
      case 'run-start':
        runs.push(event.run);
        break;
      case 'log':
        hold(held, logKey(event), event.text);
        break;
      case 'step-end':
        endStep(event);
        break;
      case 'job-end':
        jobs.push(event);
        break;
      case 'notice':
        tellNotice(core, event);
        break;
      case 'problem':
        showProblem(core, event);
        break;
      case 'run-end':
        result = worse(result, event.conclusion);
        break;
      case 'job-start':
      case 'step-start':
      case 'artifact':
        break;
    }
  };

  const finish = async (): Promise<void> => {
    core.setOutput('result', runs.length === 0 ? 'failure' : result);
    core.setOutput('run-id', runs.join(' '));
    const summary = summaryOf(jobs, summaries);
    if (summary !== '') {
      await core.summary.addRaw(summary, true).write();
    }
  };

  return { take, finish };
}

/**
 * Prints lines that hold what a guest chose. GitHub's runner takes a line that begins like a command for one, whoever
 * wrote it, unless commands are stopped until a word comes that the guest cannot know.
 */
function print(core: ActionCore, lines: readonly string[]): void {
  if (lines.length === 0) {
    return;
  }
  const word = randomUUID();
  core.info(`::stop-commands::${word}`);
  for (const line of lines) {
    core.info(cleanText(line, true));
  }
  core.info(`::${word}::`);
}

function tellNotice(core: ActionCore, { level, text }: NoticeEvent): void {
  if (level === 'warning') {
    core.warning(text);
  } else {
    print(core, text.split('\n'));
  }
}

interface HeldLog {
  readonly lines: string[];
  bytes: number;
}

function hold(held: Map<string, HeldLog>, key: string, text: string): void {
  const log = held.get(key) ?? { lines: [], bytes: 0 };
  held.set(key, log);
  if (log.bytes > heldBytes) {
    return;
  }
  log.bytes += text.length + 1;
  log.lines.push(log.bytes > heldBytes ? '(the rest of this log is kept with the run)' : text);
}

function logKey(event: { readonly run: string; readonly job: string; readonly step: string }): string {
  return JSON.stringify([event.run, event.job, event.step]);
}

function showProblem(core: ActionCore, event: ProblemEvent): void {
  const { message, place } = event.problem;
  core[event.level ?? 'error'](
    message,
    place === undefined ? {} : { file: shortPath(place.file), startLine: place.line, startColumn: place.column },
  );
}

const byGravity = ['skipped', 'success', 'cancelled', 'failure'];

function worse(one: string, other: string): string {
  const heavier = byGravity.indexOf(one) >= byGravity.indexOf(other) ? one : other;
  return heavier === 'skipped' ? 'success' : heavier;
}

function summaryOf(jobs: readonly JobEndEvent[], summaries: readonly string[]): string {
  const rows = jobs.map((job) => `| ${cellText(job.job)} | ${job.conclusion} | ${seconds(job)} |`);
  const table = rows.length === 0 ? [] : ['| job | result | time |', '| --- | --- | --- |', ...rows, ''];
  return [...table, ...summaries].join('\n');
}

/** Ids of cells hold whatever a matrix holds. */
function cellText(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ');
}

function seconds(job: JobEndEvent): string {
  return job.durationMs === undefined ? '' : `${(job.durationMs / 1000).toFixed(1)} s`;
}
