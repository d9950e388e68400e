import type { ExecutionContext } from 'ava';
import { eventSchema } from '../../runner/command/event-schema.ts';
import { problemLine } from '../../runner/command/render/problem-line.ts';
import type { RunEvent } from '../../runner/model/event.ts';
import { endOf, logOf, told } from '../e2e/lightv.ts';
import type { Expectation } from './case.ts';
import type { CaseEnd } from './runs.ts';

/** Holds what became of a case against what was expected. */
export function checkCase(t: ExecutionContext, end: CaseEnd, expected: Expectation): void {
  for (const event of end.events) {
    eventSchema.parse(event);
  }
  t.is(end.code, expected.problems.length > 0 ? 2 : expected.exit, told(end));
  checkProblems(t, end, expected);
  checkJobs(t, end, expected);
  checkSteps(t, end, expected);
  for (const [job, log] of Object.entries(expected.log)) {
    t.is(logOf(end.events, job), log.trimEnd(), job);
  }
  if (expected.annotations !== undefined) {
    t.deepEqual([...annotationsOf(end.events)].sort(), [...expected.annotations].sort());
  }
  const printed = end.events.map((event) => JSON.stringify(event));
  for (const part of expected.told) {
    t.true(
      printed.some((line) => line.includes(part)),
      `${part}\n${told(end)}`,
    );
  }
  for (const text of expected.never) {
    t.false(JSON.stringify(end.events).includes(text), text);
  }
}

function checkProblems(t: ExecutionContext, end: CaseEnd, { problems, notices }: Expectation): void {
  const found = end.events.flatMap((event) => (event.type === 'problem' ? [problemLine(event.problem)] : []));
  for (const part of problems) {
    t.true(`${found.join('\n')}\n${end.stderr}`.includes(part), `${part}\n${told(end)}`);
  }
  const texts = end.events.flatMap((event) => (event.type === 'notice' ? [event.text] : []));
  for (const part of notices) {
    t.true(
      [...texts, ...found].some((text) => text.includes(part)),
      `${part}\n${told(end)}`,
    );
  }
}

function checkJobs(t: ExecutionContext, end: CaseEnd, { jobs, failure }: Expectation): void {
  for (const [job, conclusion] of Object.entries(jobs)) {
    t.is(endOf(end.events, job)?.conclusion, conclusion as 'success', `${job}\n${told(end)}`);
  }
  for (const [job, part] of Object.entries(failure)) {
    t.true(endOf(end.events, job)?.detail?.includes(part), `${job}: ${part}\n${told(end)}`);
  }
}

function checkSteps(t: ExecutionContext, end: CaseEnd, expected: Expectation): void {
  each(expected.steps, (job, step, ending) => {
    const { outcome, conclusion } = endOf(end.events, job, step) ?? {};
    t.is(outcome === conclusion ? `${outcome}` : `${outcome}, ${conclusion}`, ending, `${job} ${step}\n${told(end)}`);
  });
  each(expected.names, (job, step, name) => {
    t.is(nameOf(end.events, job, step), name, `${job} ${step}`);
  });
  each(expected.stepLog, (job, step, log) => {
    t.is(logOf(end.events, job, step), log.trimEnd(), `${job} ${step}`);
  });
  each(expected.summaries, (job, step, summary) => {
    const found = endOf(end.events, job, step);
    t.is(found?.type === 'step-end' ? found.summary?.trimEnd() : undefined, summary.trimEnd(), `${job} ${step}`);
  });
  for (const [job, outputs] of Object.entries(expected.outputs)) {
    t.deepEqual(endOf(end.events, job)?.outputs, outputs, job);
  }
}

function each(table: Expectation['steps'], check: (job: string, step: string, value: string) => void): void {
  for (const [job, steps] of Object.entries(table)) {
    for (const [step, value] of Object.entries(steps)) {
      check(job, step, value);
    }
  }
}

function nameOf(events: readonly RunEvent[], job: string, step: string): string | undefined {
  return events.flatMap((event) =>
    event.type === 'step-start' && event.job === job && event.step === step ? [event.name] : [],
  )[0];
}

function annotationsOf(events: readonly RunEvent[]): string[] {
  return events.flatMap((event) => {
    if (event.type !== 'problem' || event.level === undefined) {
      return [];
    }
    const { level, problem, title, code, end } = event;
    const { place, message } = problem;
    const until =
      end === undefined ? '' : `-${[end.line, ...(end.column === undefined ? [] : [end.column])].join(':')}`;
    const where = place === undefined ? [] : [`${place.file}:${place.line}:${place.column}${until}`];
    const named = [...(title === undefined ? [] : [`[${title}]`]), ...(code === undefined ? [] : [`(${code})`])];
    return [[level, ...where, ...named, message].join(' ')];
  });
}
