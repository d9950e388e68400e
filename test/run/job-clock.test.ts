import test from 'ava';
import { JobClock } from '../../runner/run/job-clock.ts';
import type { StopReason } from '../../runner/run/stop.ts';

/** A clock of 50 ms whose time of day is set by hand. */
function clock() {
  let now = 1000;
  let stopped: (why: StopReason) => void = () => {};
  const asked = new Promise<StopReason>((resolve) => {
    stopped = resolve;
  });
  const made = new JobClock(50, { ask: (why) => stopped(why) }, () => new Date(now));
  return {
    made,
    asked,
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
  };
}

test('it asks for a stop when the time is over, and tells what was taken', async (t) => {
  const { made, asked, pass } = clock();
  t.is(made.took, 0);
  made.start();
  pass(30);
  t.is(made.took, 30);
  t.like(await asked, { reason: 'timeout', detail: "the job's time of 50ms ran out" });
});

test('while somebody holds it nothing runs out; then what was left is left', async (t) => {
  const { made, asked, pass } = clock();
  made.start();
  pass(20);
  const [one, other] = [made.hold(), made.hold()];
  pass(1000);
  one();
  pass(1000);
  other();
  let over = false;
  void asked.then(() => {
    over = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  t.false(over);
  t.like(await asked, { reason: 'timeout' });
});
