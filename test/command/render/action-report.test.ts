import test from 'ava';
import { type ActionCore, actionReport } from '../../../runner/command/render/action-report.ts';
import type { RunEvent } from '../../../runner/model/event.ts';

function recordingCore() {
  const said: string[] = [];
  const say =
    (kind: string) =>
    (text: unknown): void => {
      said.push(`${kind} ${String(text)}`);
    };
  const outputs: Record<string, unknown> = {};
  let summary = '';
  const core = {
    startGroup: say('group'),
    endGroup: () => said.push('end'),
    info: say('info'),
    notice: say('notice'),
    warning: say('warning'),
    error: (text: string, where?: { file?: string; startLine?: number }) =>
      said.push(`error ${text}${where?.file === undefined ? '' : ` at ${where.file}:${where.startLine}`}`),
    setOutput: (name: string, value: unknown) => {
      outputs[name] = value;
    },
    summary: {
      addRaw: (text: string) => {
        summary += text;
        return { write: async () => undefined };
      },
    },
  } as unknown as ActionCore;
  return { core, said, outputs, summary: () => summary };
}

/** Without the words that stop commands and let them go on. */
function withoutStops(said: readonly string[]): string[] {
  return said.filter((text) => !/^info ::(?:stop-commands::[0-9a-f-]{36}|[0-9a-f-]{36}::)$/.test(text));
}

const at = { run: 'r1', time: '2026-01-01T00:00:00.000Z' };
const machine = { id: 'm1', isolation: 'sandbox' } as const;

function log(step: string, text: string, line: number): RunEvent {
  return { ...at, type: 'log', job: 'j', step, stream: 'stdout', text, line };
}

test('steps that ran side by side become groups of their own, each in order', async (t) => {
  const { core, said, outputs, summary } = recordingCore();
  const report = actionReport(core);
  const events: RunEvent[] = [
    { ...at, type: 'run-start', workflow: 'w', file: '/w.yaml', jobs: ['j'] },
    { ...at, type: 'step-start', job: 'j', step: 'a', name: 'a', attempt: 1, machine },
    { ...at, type: 'step-start', job: 'j', step: 'b', name: 'b', attempt: 1, machine },
    log('a', 'a1', 1),
    log('b', 'b1', 1),
    log('a', 'a2', 2),
    { ...at, type: 'step-end', job: 'j', step: 'b', conclusion: 'success', outcome: 'success', outputs: {} },
    {
      ...at,
      type: 'step-end',
      job: 'j',
      step: 'a',
      conclusion: 'failure',
      outcome: 'failure',
      reason: 'exit-code',
      outputs: {},
      summary: '## seen',
    },
    { ...at, type: 'job-end', job: 'j', conclusion: 'failure', outcome: 'failure', outputs: {}, durationMs: 1500 },
    { ...at, type: 'run-end', conclusion: 'failure', outcome: 'failure', durationMs: 1600, exitCode: 1 },
  ];
  for (const event of events) {
    report.take(event);
  }
  await report.finish();
  t.deepEqual(withoutStops(said), [
    'group j / b: success',
    'info b1',
    'end',
    'group j / a: failure',
    'info a1',
    'info a2',
    'end',
    'error j / a failed: exit-code',
  ]);
  t.deepEqual(outputs, { result: 'failure', 'run-id': 'r1' });
  t.true(summary().includes('| j | failure | 1.5 s |'));
  t.true(summary().includes('## seen'));
});

test('the worst of several runs is the result, and a skipped one is no failure', async (t) => {
  const { core, outputs } = recordingCore();
  const report = actionReport(core);
  for (const [run, conclusion] of [
    ['r1', 'cancelled'],
    ['r2', 'skipped'],
  ] as const) {
    report.take({ ...at, run, type: 'run-start', workflow: 'w', file: '/w.yaml', jobs: [] });
    report.take({ ...at, run, type: 'run-end', conclusion, outcome: conclusion, durationMs: 1, exitCode: 0 });
  }
  await report.finish();
  t.deepEqual(outputs, { result: 'cancelled', 'run-id': 'r1 r2' });
});

test('no run at all is a failure', async (t) => {
  const { core, outputs } = recordingCore();
  await actionReport(core).finish();
  t.is(outputs.result, 'failure');
});

test('a guest’s lines stand where commands are stopped by a word it cannot know', async (t) => {
  const { core, said, summary } = recordingCore();
  const report = actionReport(core);
  report.take(log('a', '::set-output name=result::success\u001b[2J', 1));
  report.take({ ...at, type: 'step-end', job: 'j', step: 'a', conclusion: 'success', outcome: 'success', outputs: {} });
  report.take({ ...at, type: 'notice', level: 'info', text: 'stopped: process x\n::add-mask::e' });
  await report.finish();
  const words = said.flatMap((text) => /^info ::stop-commands::(.+)$/.exec(text)?.[1] ?? []);
  t.is(new Set(words).size, 2);
  t.deepEqual(said, [
    'group j / a: success',
    `info ::stop-commands::${words[0]}`,
    'info ::set-output name=result::success',
    `info ::${words[0]}::`,
    'end',
    `info ::stop-commands::${words[1]}`,
    'info stopped: process x',
    'info ::add-mask::e',
    `info ::${words[1]}::`,
  ]);
  t.is(summary(), '');
});

test('a problem becomes an annotation at its place', (t) => {
  const { core, said } = recordingCore();
  actionReport(core).take({
    ...at,
    type: 'problem',
    problem: { message: 'unknown key "stepz"', place: { file: 'p.yaml', line: 3, column: 5 } },
  });
  t.deepEqual(said, ['error unknown key "stepz" at p.yaml:3']);
});

test('a flood is held within a bound and its cut is told', (t) => {
  const { core, said } = recordingCore();
  const report = actionReport(core);
  const line = 'x'.repeat(1000);
  for (let number = 1; number <= 3000; number++) {
    report.take(log('a', line, number));
  }
  report.take({ ...at, type: 'step-end', job: 'j', step: 'a', conclusion: 'success', outcome: 'success', outputs: {} });
  const kept = said.filter((text) => text === `info ${line}`).length;
  t.true(kept > 900 && kept < 1100, `${kept} lines kept`);
  t.is(said.filter((text) => text.includes('kept with the run')).length, 1);
});
