import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

const byStep = z.record(z.string(), z.record(z.string(), z.string())).default({});

/** What the second document of a case says of the run of its first. */
const expectation = z.strictObject({
  /** Further files of the repository, by their paths. */
  files: z.record(z.string(), z.string()).default({}),
  /** Arguments of `lightv run`. */
  args: z.array(z.string()).default([]),
  /** Interrupts LightV as Ctrl-C does when a step prints this line. */
  interruptAt: z.string().optional(),
  exit: z.int().default(0),
  /** For each problem, in the order of the file: a part of it, from its place on. Nothing is run then. */
  problems: z.array(z.string()).default([]),
  /** How jobs end; those not named are not looked at. */
  jobs: z.record(z.string(), z.string()).default({}),
  /** A part of what is said of why a job failed. */
  failure: z.record(z.string(), z.string()).default({}),
  /** How steps end: outcome, or outcome and conclusion. */
  steps: byStep,
  /** What steps are called. */
  names: byStep,
  /** All that a job's steps print. */
  log: z.record(z.string(), z.string()).default({}),
  /** All that single steps print: for those that run beside each other. */
  stepLog: byStep,
  /** Parts of what is told beside the logs. */
  notices: z.array(z.string()).default([]),
  summaries: byStep,
  /** Parts of events, as they are printed. */
  told: z.array(z.string()).default([]),
  /** In no event. */
  never: z.array(z.string()).default([]),
  /** Annotations of all steps: level, place, message. Not looked at when left out. */
  annotations: z.array(z.string()).optional(),
  outputs: byStep,
});

export type Expectation = z.output<typeof expectation>;

/** A small workflow and what is to become of it. */
export interface Case {
  readonly name: string;
  readonly workflow: string;
  readonly expected: Expectation;
}

/** The cases of a folder, in the order of their names. */
export function readCases(folder: string): Case[] {
  return readdirSync(folder)
    .sort()
    .map((file) => {
      const [workflow = '', expected = ''] = readFileSync(join(folder, file), 'utf8').split(/^---\n/m);
      const [document] = parseAllDocuments(expected);
      const read = expectation.safeParse(document?.toJS());
      if (!read.success) {
        throw new Error(`${file}: ${z.prettifyError(read.error)}`);
      }
      return { name: file.replace(/\.yml$/, ''), workflow, expected: read.data };
    });
}
