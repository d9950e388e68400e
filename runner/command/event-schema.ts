import { z } from 'zod';
import type { RunEvent } from '../model/event.ts';

const conclusion = z.enum(['success', 'failure', 'cancelled', 'skipped']);
const isolation = z.enum(['microvm', 'gvisor', 'sandbox', 'wasm']);
const reason = z.enum([
  'exit-code',
  'signal',
  'timeout',
  'out-of-memory',
  'log-limit',
  'guest-lost',
  'not-started',
  'output-file',
  'artifact',
  'expression',
  'cancelled',
  'fail-fast',
  'condition',
  'needs',
  'host-fault',
]);

const run = { run: z.string().describe('empty where no run could begin'), time: z.iso.datetime() };
const job = { ...run, job: z.string() };
const step = { ...job, step: z.string() };
const somewhere = { ...run, job: z.string().optional(), step: z.string().optional() };
const ending = {
  conclusion: conclusion.describe('after continue-on-error'),
  outcome: conclusion.describe('before continue-on-error'),
  exitCode: z.int().optional(),
  signal: z.string().optional(),
  reason: reason.optional(),
  detail: z.string().optional(),
  durationMs: z.number().optional(),
  recorded: z.string().optional().describe('the earlier run this end was taken from'),
};
const outputs = z.record(z.string(), z.string());
const place = z.object({ file: z.string(), line: z.int(), column: z.int(), length: z.int().optional() });

/** What a line of `--json` holds. */
export const eventSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('run-start'),
    ...run,
    name: z.string().optional().describe('what the run is called, where the file names its runs'),
    workflow: z.string(),
    file: z.string(),
    jobs: z.array(z.string()),
  }),
  z.object({
    type: z.literal('job-start'),
    ...job,
    name: z.string(),
    permissions: z
      .record(z.string(), z.enum(['read', 'write']))
      .optional()
      .describe("what the file lets the forge's token do"),
    environment: z.string().optional(),
  }),
  z.object({
    type: z.literal('step-start'),
    ...step,
    name: z.string(),
    attempt: z.int().min(1),
    machine: z
      .object({ id: z.string(), isolation, accel: z.enum(['kvm', 'tcg']).optional() })
      .optional()
      .describe('absent for a step that only waits for others, or ends them'),
  }),
  z.object({
    type: z.literal('log'),
    ...step,
    stream: z.enum(['stdout', 'stderr']),
    text: z.string().describe('one line, masked, without its end'),
    line: z.int().min(1),
    continued: z.boolean().optional().describe("a very long line, which goes on in this stream's next event"),
  }),
  z.object({ type: z.literal('step-end'), ...step, ...ending, outputs, summary: z.string().optional() }),
  z.object({ type: z.literal('job-end'), ...job, environmentUrl: z.string().optional(), ...ending, outputs }),
  z.object({
    type: z.literal('artifact'),
    ...job,
    step: z.string().optional(),
    name: z.string(),
    files: z.int(),
    bytes: z.int(),
    recorded: z.string().optional().describe('the earlier run it was taken from'),
    removed: z.literal(true).optional().describe('the run has it no more'),
  }),
  z.object({ type: z.literal('notice'), ...somewhere, level: z.enum(['info', 'warning']), text: z.string() }),
  z.object({
    type: z.literal('problem'),
    ...somewhere,
    level: z
      .enum(['error', 'warning', 'notice'])
      .optional()
      .describe('a step said so, or the run goes on; absent: a file is wrong'),
    problem: z.object({ message: z.string(), place: place.optional() }),
    title: z.string().optional(),
    code: z.string().optional().describe('the rule or number that a tool gives it'),
    end: z.object({ line: z.int(), column: z.int().optional() }).optional(),
  }),
  z.object({
    type: z.literal('run-end'),
    ...run,
    conclusion,
    outcome: conclusion,
    durationMs: z.number(),
    exitCode: z.int().describe("the process's exit code"),
    reason: reason.optional(),
    detail: z.string().optional(),
  }),
]);

/** JSON Schema of the events. */
export function eventJsonSchema(): object {
  return z.toJSONSchema(eventSchema, { io: 'input', target: 'draft-7' });
}

type Loose<T> = T extends object ? { -readonly [K in keyof T]-?: Loose<Exclude<T[K], undefined>> } : T;
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
/** The types and the schema say the same: a compile error here means one of them was changed alone. */
export const inStep: Same<Loose<RunEvent>, Loose<z.output<typeof eventSchema>>> = true;
