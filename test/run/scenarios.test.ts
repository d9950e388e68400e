import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { JobResult, RunEvent, StepResult } from '../../runner/model/event.ts';
import { runScenario, type ScenarioRun } from './scenario.ts';

/** What `<name>.json` beside `<name>.yaml` says: how to run it, and what is expected. Only what it names is looked at. */
interface Expected {
  readonly secrets?: Record<string, string>;
  readonly source?: Record<string, string>;
  readonly failingBoots?: number;
  readonly logLimit?: number;
  readonly maxParallel?: number;
  /** Cancels when this log line is seen. */
  readonly cancelAt?: string;
  readonly exitCode: number;
  readonly jobs: Record<string, Partial<JobResult>>;
  /** By `job/step`. */
  readonly steps?: Record<string, Partial<StepResult>>;
  readonly logs?: Record<string, readonly string[]>;
  /** Each is a part of some notice or problem. */
  readonly notices?: readonly string[];
  /** In no event and no result. */
  readonly never?: readonly string[];
  readonly artifacts?: Record<string, Record<string, string>>;
  /** `job/step` in the order they start. */
  readonly order?: readonly string[];
  readonly machines?: number;
  readonly mostUp?: number;
}

const folder = join(import.meta.dirname, 'scenarios');

for (const file of readdirSync(folder).filter((name) => name.endsWith('.yaml'))) {
  const name = file.replace('.yaml', '');
  test(name, async (t) => {
    const expected = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Expected;
    const { secrets, source, failingBoots, logLimit, maxParallel, cancelAt } = expected;
    const run = await runScenario(readFileSync(join(folder, file), 'utf8'), {
      ...(secrets === undefined ? {} : { secrets }),
      ...(source === undefined ? {} : { source }),
      ...(failingBoots === undefined ? {} : { failingBoots }),
      cancelAt: (event) => event.type === 'log' && event.text === cancelAt,
      services: {
        ...(logLimit === undefined ? {} : { logLimit }),
        ...(maxParallel === undefined ? {} : { budget: { cpu: 8, memory: 2 ** 34, maxParallel } }),
      },
    });
    t.is(run.error, undefined);
    checkEvents(t, run, expected);
    checkResults(t, run, expected);
    checkClean(t, run);
  });
}

function checkEvents(t: ExecutionContext, { events, results, backend }: ScenarioRun, expected: Expected): void {
  const texts = events.flatMap((event) =>
    event.type === 'notice' ? [event.text] : event.type === 'problem' ? [event.problem.message] : [],
  );
  for (const notice of expected.notices ?? []) {
    t.true(
      texts.some((text) => text.includes(notice)),
      `no notice says "${notice}", these do: ${texts.join(' | ')}`,
    );
  }
  for (const [where, lines] of Object.entries(expected.logs ?? {})) {
    t.deepEqual(logOf(events, where), lines, where);
  }
  for (const text of expected.never ?? []) {
    t.false(JSON.stringify([events, results]).includes(text), text);
  }
  if (expected.order !== undefined) {
    t.deepEqual(
      events.flatMap((event) => (event.type === 'step-start' ? [`${event.job}/${event.step}`] : [])),
      expected.order,
    );
  }
  if (expected.machines !== undefined) {
    t.is(backend.specs.length, expected.machines);
  }
  if (expected.mostUp !== undefined) {
    t.is(backend.mostUp, expected.mostUp);
  }
}

function checkResults(t: ExecutionContext, { results, events, artifacts }: ScenarioRun, expected: Expected): void {
  t.deepEqual(
    results.map((result) => result.id),
    Object.keys(expected.jobs),
  );
  for (const [id, job] of Object.entries(expected.jobs)) {
    const result = results.find((each) => each.id === id);
    t.like(result, { conclusion: job.conclusion, reason: job.reason }, id);
    if (job.outputs !== undefined) {
      t.deepEqual(result?.outputs, job.outputs, id);
    }
  }
  for (const [where, step] of Object.entries(expected.steps ?? {})) {
    const [job, id] = where.split('/');
    const result = results.find((each) => each.id === job)?.steps.find((each) => each.id === id);
    t.truthy(result, `no step ${where}`);
    for (const [key, value] of Object.entries(step)) {
      t.deepEqual((result as unknown as Record<string, unknown>)?.[key], value, `${where}: ${key}`);
    }
  }
  if (expected.artifacts !== undefined) {
    t.deepEqual(Object.fromEntries(artifacts), expected.artifacts);
  }
  const last = events.at(-1);
  t.is(last?.type === 'run-end' ? last.exitCode : undefined, expected.exitCode);
}

/** True of every run, whatever it was. */
function checkClean(t: ExecutionContext, { events, results, backend, finished, leftOnDisk }: ScenarioRun): void {
  t.is(backend.up, 0);
  t.is(finished, 1);
  t.deepEqual(leftOnDisk, []);
  t.is(events[0]?.type, 'run-start');
  const of = (type: RunEvent['type']) =>
    events.flatMap((event) => (event.type === type && 'job' in event ? [event.job as string] : []));
  t.deepEqual(of('job-end').sort(), results.map((result) => result.id).sort());
  t.deepEqual(
    of('step-end').length,
    results.reduce((sum, result) => sum + result.steps.length, 0),
  );
  const started = new Set<string>();
  for (const event of events) {
    if (event.type === 'step-start') {
      t.true(started.has(event.job), 'a step started before its job');
    }
    if (event.type === 'job-start') {
      started.add(event.job);
    }
  }
}

function logOf(events: readonly RunEvent[], where: string): string[] {
  return events.flatMap((event) =>
    event.type === 'log' && `${event.job}/${event.step}` === where ? [event.text] : [],
  );
}
