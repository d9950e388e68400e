import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import type { RunEvent } from '../../runner/model/event.ts';
import { endOf, home, logOf, run, told } from '../e2e/lightv.ts';
import { machineTest } from '../machines.ts';

/** What the second document of a case says of the run of its first. */
const expectation = z.strictObject({
  /** Arguments of `lightv run`. */
  args: z.array(z.string()).default([]),
  exit: z.int().default(0),
  /** For each problem, in the order of the file: a part of its message. Nothing is run then. */
  problems: z.array(z.string()).default([]),
  /** How jobs end; those not named are not looked at. */
  jobs: z.record(z.string(), z.string()).default({}),
  /** A part of what is said of why a job failed. */
  failure: z.record(z.string(), z.string()).default({}),
  /** How steps end: outcome, or outcome and conclusion. */
  steps: z.record(z.string(), z.record(z.string(), z.string())).default({}),
  /** All that a job's steps print. */
  log: z.record(z.string(), z.string()).default({}),
  /** Annotations of all steps: level, place, message. Not looked at when left out. */
  annotations: z.array(z.string()).optional(),
  outputs: z.record(z.string(), z.record(z.string(), z.string())).default({}),
});

const who = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];

type Expectation = z.output<typeof expectation>;

const cases = join(import.meta.dirname, 'github');
/** Actions by `owner/repo`, as they lie in folders here; each becomes a repository with the tag v1. */
const actions = join(import.meta.dirname, 'actions');

for (const name of readdirSync(cases).sort()) {
  const [workflow = '', expected = ''] = readFileSync(join(cases, name), 'utf8').split(/^---\n/m);
  machineTest('sandbox', name.replace(/\.yml$/, ''), async (t) => {
    const [document] = parseAllDocuments(expected);
    await check(t, workflow, expectation.parse(document?.toJS()));
  });
}

async function check(t: ExecutionContext, workflow: string, expected: Expectation): Promise<void> {
  const folder = home(t);
  const file = repository(folder, workflow);
  const mirror = actionMirror(folder);
  const args = ['--isolation', 'sandbox', '-P', 'ubuntu-latest=busybox', '--actions-mirror', mirror, ...expected.args];
  const end = await run(t, folder, file, args);
  t.is(end.code, expected.problems.length > 0 ? 2 : expected.exit, told(end));
  const problems = end.events.flatMap((event) => (event.type === 'problem' ? [event.problem.message] : []));
  for (const part of expected.problems) {
    t.true(`${problems.join('\n')}\n${end.stderr}`.includes(part), `${part}\n${told(end)}`);
  }
  for (const [job, conclusion] of Object.entries(expected.jobs)) {
    t.is(endOf(end.events, job)?.conclusion, conclusion as 'success', `${job}\n${told(end)}`);
  }
  for (const [job, part] of Object.entries(expected.failure)) {
    t.true(endOf(end.events, job)?.detail?.includes(part), `${job}: ${part}\n${told(end)}`);
  }
  for (const [job, steps] of Object.entries(expected.steps)) {
    for (const [step, ending] of Object.entries(steps)) {
      const { outcome, conclusion } = endOf(end.events, job, step) ?? {};
      t.is(outcome === conclusion ? `${outcome}` : `${outcome}, ${conclusion}`, ending, `${job} ${step}\n${told(end)}`);
    }
  }
  for (const [job, log] of Object.entries(expected.log)) {
    t.is(logOf(end.events, job), log.trimEnd(), job);
  }
  if (expected.annotations !== undefined) {
    t.deepEqual([...annotationsOf(end.events)].sort(), [...expected.annotations].sort());
  }
  for (const [job, outputs] of Object.entries(expected.outputs)) {
    t.deepEqual(endOf(end.events, job)?.outputs, outputs, job);
  }
}

function annotationsOf(events: readonly RunEvent[]): string[] {
  return events.flatMap((event) => {
    if (event.type !== 'problem' || event.level === undefined) {
      return [];
    }
    const { place, message } = event.problem;
    const where = place === undefined ? [] : [`${place.file}:${place.line}:${place.column}`];
    return [[event.level, ...where, message].join(' ')];
  });
}

/** A repository of one commit that holds the workflow where GitHub looks for it. */
function repository(folder: string, workflow: string): string {
  const top = join(folder, 'proj');
  const file = join(top, '.github/workflows/ci.yml');
  mkdirSync(join(top, '.github/workflows'), { recursive: true });
  writeFileSync(file, workflow);
  writeFileSync(join(top, 'file.txt'), 'tracked\n');
  cpSync(join(actions, 'octo/local'), join(top, 'local'), { recursive: true });
  git(top, [
    ['init', '-q', '-b', 'main'],
    ['remote', 'add', 'origin', 'https://github.com/octo/proj.git'],
    ['add', '-A'],
    [...who, 'commit', '-q', '-m', 'first'],
  ]);
  return file;
}

function actionMirror(folder: string): string {
  const mirror = join(folder, 'mirror');
  cpSync(actions, mirror, { recursive: true });
  for (const name of readdirSync(join(actions, 'octo'))) {
    git(join(mirror, 'octo', name), [
      ['init', '-q', '-b', 'main'],
      ['add', '-A'],
      [...who, 'commit', '-q', '-m', 'first'],
      ['tag', 'v1'],
    ]);
  }
  return mirror;
}

function git(cwd: string, commands: readonly (readonly string[])[]): void {
  for (const args of commands) {
    execFileSync('git', args, { cwd });
  }
}
