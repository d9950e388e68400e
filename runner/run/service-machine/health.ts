import { setTimeout as delay } from 'node:timers/promises';
import type { ContainerOptions } from '../../model/container.ts';
import type { HealthCheck } from '../../model/image.ts';

/** Docker's own, in milliseconds where it is a time. */
const usual = { interval: 30_000, timeout: 30_000, retries: 3, startPeriod: 0 } as const;

/** Milliseconds between looks at first: a service that is up is not waited for longer than that. */
const firstPause = 100;

/** What a service's health is checked with: what the workflow says over what the image says; `undefined` for no check. */
export function healthCheckOf(
  image: HealthCheck | undefined,
  options: ContainerOptions['health'],
): HealthCheck | undefined {
  if (options === 'none') {
    return undefined;
  }
  const { command, ...rest } = { ...usual, ...image, ...options };
  return command === undefined ? undefined : { command, ...rest };
}

/** What a look at a service found: `undefined` when it is healthy, else what its check said. */
export type Look = (timeout: number) => Promise<string | undefined>;

/**
 * Resolves with `undefined` once a look finds it healthy; else with what the last look said, when it had the time that
 * Docker gives it: its start period, then so many intervals as it may fail. It is looked at more often than that, so that
 * nobody waits for it longer than it takes. Rejects with the signal's reason, and as `look` does.
 */
export async function waitHealthy(
  check: HealthCheck,
  look: Look,
  now: () => number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const start = now();
  const patience = check.startPeriod + check.retries * check.interval;
  let pause = firstPause;
  for (;;) {
    const failed = await look(check.timeout);
    if (failed === undefined || now() - start >= patience) {
      return failed;
    }
    await rest(Math.min(pause, check.interval), signal);
    pause *= 1.5;
  }
}

async function rest(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(milliseconds, undefined, { signal });
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
}
