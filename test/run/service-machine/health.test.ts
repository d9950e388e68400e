import test from 'ava';
import { healthCheckOf, waitHealthy } from '../../../runner/run/service-machine/health.ts';
import { never } from '../../ground/never.ts';

const check = { command: ['true'], interval: 1, timeout: 1000, retries: 3, startPeriod: 5 };

/** Looks that fail so often, on a clock that goes on by what each look takes. */
function failing(times: number, takes: number) {
  let looks = 0;
  let time = 0;
  return {
    look: async () => {
      looks += 1;
      time += takes;
      return looks <= times ? `failure ${looks}` : undefined;
    },
    now: () => time,
    count: () => looks,
  };
}

test('the first look that finds it healthy ends the waiting', async (t) => {
  const service = failing(2, 1);
  t.is(await waitHealthy(check, service.look, service.now, never), undefined);
  t.is(service.count(), 3);
});

test('what is not healthy after its start period and its retries never will be; the last look is told', async (t) => {
  const service = failing(1000, 2);
  t.is(
    await waitHealthy(check, service.look, service.now, never),
    'failure 4',
    '5 + 3 * 1 are over after four looks of 2',
  );
});

test('waiting is given up with the reason, and a look that throws ends it', async (t) => {
  const stop = new AbortController();
  const reason = new Error('enough');
  const look = async () => {
    stop.abort(reason);
    return 'no';
  };
  t.is(await t.throwsAsync(waitHealthy({ ...check, interval: 3_600_000 }, look, () => 0, stop.signal)), reason);
  const broken = new Error('gone');
  t.is(
    await t.throwsAsync(
      waitHealthy(
        check,
        () => Promise.reject(broken),
        () => 0,
        never,
      ),
    ),
    broken,
  );
});

test('what the workflow says stands over what the image says', (t) => {
  const image = { command: ['a'], interval: 1, timeout: 2, retries: 3, startPeriod: 4 };
  t.deepEqual(healthCheckOf(image, { retries: 9 }), { ...image, retries: 9 });
  t.deepEqual(healthCheckOf(undefined, { command: ['b'] }), {
    command: ['b'],
    interval: 30_000,
    timeout: 30_000,
    retries: 3,
    startPeriod: 0,
  });
  t.is(healthCheckOf(image, 'none'), undefined);
  t.is(healthCheckOf(undefined, { retries: 9 }), undefined, 'without a command there is no check');
});
