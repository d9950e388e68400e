import test from 'ava';
import { HostFault } from '../../runner/host/fault.ts';
import type { Conclusion, JobResult, Reason } from '../../runner/model/event.ts';
import { concluded } from '../../runner/run/continue-on-error.ts';
import { outcomeOf } from '../../runner/run/exit-code.ts';
import { needsContext } from '../../runner/run/needs.ts';
import { withRetry } from '../../runner/run/retry.ts';
import { chooseShell } from '../../runner/run/shell.ts';
import { Stop } from '../../runner/run/stop.ts';
import { shownDuration, withTimeout } from '../../runner/run/timeout.ts';

function result(conclusion: Conclusion, more: Partial<JobResult> = {}): JobResult {
  return { id: 'j', jobId: 'j', conclusion, outcome: conclusion, outputs: {}, steps: [], ...more };
}

test('the first reason to stop is the one reported', (t) => {
  const stop = new Stop();
  stop.now({ reason: 'timeout', detail: 'first' });
  stop.now({ reason: 'cancelled', detail: 'second' });
  t.is(stop.why?.detail, 'first');
  t.true(stop.signal.aborted);
});

test('a timeout asks for a stop, and only while the work goes on', async (t) => {
  const stop = new Stop();
  await withTimeout(
    5,
    'step',
    stop,
    () => new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve())),
  );
  t.is(stop.why?.detail, "the step's time of 5ms ran out");
  const quick = new Stop();
  t.is(await withTimeout(1, 'step', quick, async () => 7), 7);
  await new Promise((resolve) => setTimeout(resolve, 20));
  t.is(quick.why, undefined);
});

test('durations are shown as files write them', (t) => {
  t.deepEqual([90_000, 5_400_000, 250, 0, 3_600_000].map(shownDuration), ['1m30s', '1h30m', '250ms', '0ms', '1h']);
});

test('retry goes on after failures, never after what another attempt cannot mend', async (t) => {
  const attempts = async (reasons: readonly (Reason | undefined)[], signal = new AbortController().signal) => {
    let made = 0;
    await withRetry(
      { attempts: 3, delay: 0 },
      signal,
      async (attempt) => {
        made = attempt;
        const reason = reasons[attempt - 1];
        return reason === undefined ? { outcome: 'success' } : { outcome: 'failure', reason };
      },
      async () => {},
    );
    return made;
  };
  t.is(await attempts([undefined]), 1);
  t.is(await attempts(['exit-code', undefined]), 2);
  t.is(await attempts(['exit-code', 'timeout', 'guest-lost', undefined]), 3);
  t.is(await attempts(['expression']), 1);
  t.is(await attempts(['host-fault']), 1);
  t.is(await attempts(['exit-code'], AbortSignal.abort()), 1);
});

test('continue-on-error forgives failures, not faults of the host', (t) => {
  t.is(concluded({ outcome: 'failure', reason: 'exit-code' }, () => true).conclusion, 'success');
  t.is(concluded({ outcome: 'failure', reason: 'exit-code' }, () => false).conclusion, 'failure');
  t.is(concluded({ outcome: 'failure', reason: 'host-fault' }, () => true).conclusion, 'failure');
  t.is(concluded({ outcome: 'cancelled' }, () => true).conclusion, 'cancelled');
});

test('exit codes', (t) => {
  const code = (results: JobResult[], interrupted = false, fault?: HostFault) =>
    outcomeOf(results, interrupted, fault).exitCode;
  const allowed = result('success', { outcome: 'failure', reason: 'exit-code' });
  t.is(code([]), 0);
  t.is(code([result('skipped'), result('skipped')]), 0);
  t.is(code([result('success'), allowed]), 0);
  t.is(code([result('success'), result('failure')]), 1);
  t.is(code([result('failure'), result('failure', { reason: 'host-fault' })]), 3);
  t.is(code([result('success')], false, new HostFault('clear up')), 3);
  t.is(code([result('failure', { reason: 'host-fault' })], true), 130);
});

test('a matrix counts as one need: worst result, the last cell that says something', (t) => {
  const cells = [
    result('success', { outputs: { a: '1', b: 'x' } }),
    result('cancelled', { outputs: { a: '2', b: '' } }),
  ];
  t.deepEqual(needsContext(['m', 'gone'], new Map([['m', cells]])), {
    m: { result: 'cancelled', outputs: { a: '2', b: 'x' } },
    gone: { result: 'skipped', outputs: {} },
  });
});

test('the shell is bash where there is one, else sh; a command line needs {0}', (t) => {
  const argv = (wanted: string | undefined, ...shells: string[]) => chooseShell(wanted ?? '', shells).argv('/s');
  t.deepEqual(argv(undefined, '/bin/bash', '/bin/sh'), ['/bin/bash', '--noprofile', '--norc', '-eo', 'pipefail', '/s']);
  t.deepEqual(argv(undefined, '/bin/sh'), ['/bin/sh', '-e', '/s']);
  t.deepEqual(argv('python'), ['python3', '/s']);
  t.deepEqual(argv(`perl -w "a b" 'c d' {0}`), ['perl', '-w', 'a b', 'c d', '/s']);
  t.throws(() => argv('fish'));
  t.throws(() => argv('{0}'));
});
