import test from 'ava';
import { HostFault } from '../../runner/host/fault.ts';
import { runProgram } from '../../runner/host/process.ts';

test('a program that is not there, or fails, is a fault with what was tried and its last words', async (t) => {
  const missing = await t.throwsAsync(runProgram('measure', ['lightv-no-such', '--x']), { instanceOf: HostFault });
  t.is(missing?.message, 'could not measure: there is no program lightv-no-such here');
  const failing = ['sh', '-c', 'echo first >&2; echo why >&2; exit 3'] as const;
  const failed = await t.throwsAsync(runProgram('do it', [...failing]), { instanceOf: HostFault });
  t.is(failed?.message, 'could not do it: sh: first\nwhy');
});

test('one that runs over its time, or is called off, is killed with its whole group', async (t) => {
  const sleepers = ['sh', '-c', 'sleep 300 & sleep 300'] as const;
  await t.throwsAsync(runProgram('wait', [...sleepers], { timeout: 50 }), { instanceOf: HostFault });
  const controller = new AbortController();
  const running = runProgram('wait', [...sleepers], { signal: controller.signal });
  controller.abort(new Error('enough'));
  await t.throwsAsync(running, { message: 'enough' });
});
