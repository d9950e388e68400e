import type { RunEvent } from '../../../runner/model/event.ts';

const time = '2026-01-02T03:04:05.678Z';
const at = { run: 'r1', time } as const;
const ended = { conclusion: 'success', outcome: 'success', outputs: {} } as const;

/** A run of two jobs, one of which fails while the other is allowed to. */
export const aRun: readonly RunEvent[] = [
  { ...at, type: 'run-start', workflow: 'demo', file: '/x/demo.yaml', jobs: ['build', 'test (1)'] },
  { ...at, type: 'notice', level: 'info', text: 'sandbox: KVM is not there' },
  { ...at, type: 'job-start', job: 'build', name: 'build' },
  { ...at, type: 'job-start', job: 'test (1)', name: 'test (1)' },
  {
    ...at,
    type: 'step-start',
    job: 'build',
    step: 'make',
    name: 'Make it',
    attempt: 1,
    machine: { id: 'm', isolation: 'microvm', accel: 'tcg' },
  },
  { ...at, type: 'log', job: 'build', step: 'make', stream: 'stdout', text: '\u001b[31mred\u001b[2J', line: 1 },
  { ...at, type: 'step-end', job: 'build', step: 'make', ...ended, durationMs: 1500, summary: '# Built\nall of it\n' },
  { ...at, type: 'artifact', job: 'build', step: 'make', name: 'out', files: 1, bytes: 12 },
  { ...at, type: 'job-end', job: 'build', ...ended, durationMs: 1600 },
  {
    ...at,
    type: 'step-end',
    job: 'test (1)',
    step: 'unit',
    conclusion: 'failure',
    outcome: 'failure',
    outputs: {},
    exitCode: 3,
    reason: 'exit-code',
    durationMs: 10,
  },
  {
    ...at,
    type: 'job-end',
    job: 'test (1)',
    conclusion: 'success',
    outcome: 'failure',
    outputs: {},
    reason: 'exit-code',
    exitCode: 3,
    durationMs: 20,
  },
  { ...at, type: 'run-end', conclusion: 'success', outcome: 'failure', durationMs: 1700, exitCode: 0 },
];
