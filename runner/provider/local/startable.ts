import { basename } from 'node:path';
import type { Workflow } from '../../model/workflow.ts';
import { everyJobCalled } from '../../plan/every-job.ts';

/** Workflows that run by themselves, and what is to be said of others. */
export interface Startable {
  readonly workflows: readonly Workflow[];
  readonly notices: readonly string[];
}

/**
 * Without those of `found` that only other workflows can call, unless that leaves none: `found` are files that nobody
 * named. Those that none of the rest calls are told.
 */
export function startable(workflows: readonly Workflow[], found: ReadonlySet<string> = new Set()): Startable {
  const starting = workflows.filter((workflow) => !found.has(workflow.file) || !onlyCalled(workflow));
  if (starting.length === 0) {
    return { workflows, notices: [] };
  }
  const called = new Set(
    [...everyJobCalled(starting.flatMap(({ jobs }) => jobs))].map(({ call }) => call?.workflow?.file),
  );
  const idle = workflows.filter((workflow) => !starting.includes(workflow) && !called.has(workflow.file));
  const notices = idle.map(
    ({ file }) => `${basename(file)} is not run: only other workflows can call it, and none does`,
  );
  return { workflows: starting, notices };
}

/** Whether nothing but another workflow starts it. */
export function onlyCalled({ on }: Workflow): boolean {
  return on.length > 0 && on.every(({ event }) => event === 'workflow_call');
}
