import prettyMilliseconds from 'pretty-ms';
import type {
  Conclusion,
  JobEndEvent,
  JobStartEvent,
  ProblemEvent,
  Reason,
  RunEndEvent,
  RunEvent,
  StepEndEvent,
} from '../../model/event.ts';
import { problemLine } from './problem-line.ts';
import type { Excerpt } from './screen.ts';

/** How a line is meant; a terminal gives it a colour. */
export type Tone = 'plain' | 'quiet' | 'good' | 'bad' | 'warning';

/** One line about a run, or of a step's output. */
export interface Line {
  readonly job?: string;
  readonly text: string;
  readonly tone: Tone;
  /** Text of the guest, not ours. */
  readonly guest?: boolean;
}

/**
 * What a person reads about an event. No text holds a line end: what a guest chose, the name of a process for one, must
 * not make a line that looks like ours.
 */
export function linesFor(event: RunEvent): readonly Line[] {
  return wordsFor(event).flatMap((line) =>
    line.text.includes('\n') ? line.text.split('\n').map((text) => ({ ...line, text })) : [line],
  );
}

function wordsFor(event: RunEvent): readonly Line[] {
  switch (event.type) {
    case 'run-start':
      return [
        {
          text: `${event.workflow}: run ${event.run}${event.name === undefined ? '' : `, ${event.name}`}`,
          tone: 'quiet',
        },
      ];
    case 'job-start':
      return jobStartLines(event);
    case 'step-start': {
      const { machine, attempt } = event;
      const about = [machine?.isolation, machine?.accel, attempt > 1 ? `attempt ${attempt}` : undefined];
      const known = about.filter((each) => each !== undefined).join(', ');
      const title = event.name === event.step ? event.step : `${event.step}: ${event.name}`;
      return [{ job: event.job, text: `> ${title}${known === '' ? '' : ` (${known})`}`, tone: 'quiet' }];
    }
    case 'log':
      return [{ job: event.job, text: event.text, tone: 'plain', guest: true }];
    case 'step-end':
      return [{ job: event.job, text: `< ${event.step}: ${endText(event)}`, tone: toneOf(event.outcome) }];
    case 'job-end':
      return [
        ...(event.environmentUrl === undefined
          ? []
          : [{ job: event.job, text: `environment: ${event.environmentUrl}`, tone: 'quiet' } as const]),
        { job: event.job, text: endText(event), tone: toneOf(event.outcome) },
      ];
    case 'artifact':
      return [
        {
          job: event.job,
          text: `artifact "${event.name}": ${event.removed === true ? 'removed' : `${count(event.files, 'file')}, ${event.bytes} bytes`}`,
          tone: 'quiet',
        },
      ];
    case 'notice': {
      const tone = event.level === 'warning' ? 'warning' : 'quiet';
      const text = event.level === 'warning' ? `warning: ${event.text}` : event.text;
      return [{ ...jobOf(event), text, tone }];
    }
    case 'problem':
      return problemLines(event);
    case 'run-end':
      return [{ text: `run ${event.run}: ${endText(event)}`, tone: toneOf(event.outcome) }];
  }
}

function jobStartLines({ job, permissions, environment }: JobStartEvent): readonly Line[] {
  const scopes = Object.entries(permissions ?? {}).map(([scope, level]) => `${scope} ${level}`);
  const token =
    permissions === undefined ? [] : [`token: ${scopes.length === 0 ? 'no permissions' : scopes.join(', ')}`];
  const lines = [...token, ...(environment === undefined ? [] : [`environment: ${environment}`])];
  return lines.map((text) => ({ job, text, tone: 'quiet' }));
}

/** What a step said without a place is in its log already. */
function problemLines(event: ProblemEvent): readonly Line[] {
  const { level, problem } = event;
  if (level !== undefined && problem.place === undefined) {
    return [];
  }
  const { title, code } = event;
  const message = `${title === undefined ? '' : `${title}: `}${problem.message}${code === undefined ? '' : ` (${code})`}`;
  const text = problemLine({ ...problem, message });
  return [
    {
      ...jobOf(event),
      text: level === undefined ? text : `${level}: ${text}`,
      tone: level === 'notice' ? 'quiet' : level === 'warning' ? 'warning' : 'bad',
    },
  ];
}

/** Lines that belong below those of a problem; `excerpt` is told of starts of runs, too. */
export async function linesBelow(event: RunEvent, excerpt: Excerpt): Promise<readonly Line[]> {
  if (event.type !== 'problem' && event.type !== 'run-start') {
    return [];
  }
  const texts = await excerpt(event);
  const job = 'job' in event && event.job !== undefined ? { job: event.job } : {};
  return texts.map((text) => ({ ...job, text, tone: 'plain' }));
}

/** "failure: exit code 3, after 1.2s". */
function endText(end: StepEndEvent | JobEndEvent | RunEndEvent): string {
  const allowed = end.outcome !== end.conclusion ? ` (${end.outcome}, allowed)` : '';
  const why = whyText(end);
  const from = 'recorded' in end && end.recorded !== undefined ? ` (of run ${end.recorded})` : '';
  const time = end.durationMs === undefined || end.conclusion === 'skipped' ? '' : `, ${duration(end.durationMs)}`;
  return `${end.conclusion}${allowed}${from}${why === '' ? '' : `: ${why}`}${time}`;
}

const reasons: { readonly [R in Reason]: string } = {
  'exit-code': 'its command failed',
  signal: 'its command was killed by a signal',
  timeout: 'it ran out of time',
  'out-of-memory': 'it ran out of memory',
  'log-limit': 'it printed more than the log may hold',
  'guest-lost': 'its machine was lost',
  'not-started': 'its command could not be started',
  'output-file': 'a file of outputs could not be read',
  artifact: 'an artifact could not be kept',
  expression: 'an expression could not be evaluated',
  cancelled: 'it was cancelled',
  'fail-fast': 'another job of its matrix failed',
  condition: 'its condition is not met',
  needs: 'what it needs did not succeed',
  'host-fault': 'the host failed',
};

/** Why something ended as it did, in words; `''` where nothing is to be said. */
export function whyText(end: {
  readonly exitCode?: number;
  readonly signal?: string;
  readonly reason?: Reason;
  readonly detail?: string;
  readonly type?: string;
}): string {
  if (end.detail !== undefined && end.detail !== '') {
    return end.detail;
  }
  if (end.reason === 'exit-code' && end.exitCode !== undefined && end.type !== 'run-end') {
    return `exit code ${end.exitCode}`;
  }
  if (end.reason === 'signal' && end.signal !== undefined) {
    return `killed by ${end.signal}`;
  }
  return end.reason === undefined ? '' : reasons[end.reason];
}

/** Milliseconds as a person says them: `840ms`, `3.2s`, `2m 5s`. */
export function duration(ms: number): string {
  return prettyMilliseconds(ms, { secondsDecimalDigits: 1 });
}

function toneOf(outcome: Conclusion): Tone {
  const tones = { success: 'good', failure: 'bad', cancelled: 'warning', skipped: 'quiet' } as const;
  return tones[outcome];
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function jobOf(event: { readonly job?: string }): { job?: string } {
  return event.job === undefined ? {} : { job: event.job };
}
