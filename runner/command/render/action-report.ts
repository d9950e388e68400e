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
  return new Report(core);
}

class Report implements ActionReport {
  readonly #core: ActionCore;
  readonly #held = new Map<string, HeldLog>();
  readonly #runs: string[] = [];
  readonly #jobs: JobEndEvent[] = [];
  readonly #summaries: string[] = [];
  #result = 'success';

  constructor(core: ActionCore) {
    this.#core = core;
  }

  take(event: RunEvent): void {
    switch (event.type) {
      case 'run-start':
        this.#runs.push(event.run);
        break;
      case 'log':
        hold(this.#held, logKey(event), event.text);
        break;
      case 'step-end':
        this.#endStep(event);
        break;
      case 'job-end':
        this.#jobs.push(event);
        break;
      case 'notice':
        tellNotice(this.#core, event);
        break;
      case 'problem':
        showProblem(this.#core, event);
        break;
      case 'run-end':
        this.#result = worse(this.#result, event.conclusion);
        break;
      case 'job-start':
      case 'step-start':
      case 'artifact':
        break;
    }
  }

  async finish(): Promise<void> {
    const { setOutput, summary } = this.#core;
    setOutput('result', this.#runs.length === 0 ? 'failure' : this.#result);
    setOutput('run-id', this.#runs.join(' '));
    const text = summaryOf(this.#jobs, this.#summaries);
    if (text !== '') {
      await summary.addRaw(text, true).write();
    }
  }

  #endStep(event: StepEndEvent): void {
    const { startGroup, endGroup, error, warning } = this.#core;
    const title = `${event.job} / ${event.step}`;
    startGroup(`${title}: ${event.conclusion}`);
    print(this.#core, this.#held.get(logKey(event))?.lines ?? []);
    endGroup();
    this.#held.delete(logKey(event));
    if (event.outcome === 'failure') {
      const say = event.conclusion === 'failure' ? error : warning;
      say(`${title} failed: ${event.detail ?? event.reason ?? 'no reason given'}`);
    }
    if (event.summary !== undefined) {
      this.#summaries.push(event.summary);
    }
  }
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
