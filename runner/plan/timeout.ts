import type { Json, Maybe, Minutes } from '../model/workflow.ts';
import { durationReading } from './readings.ts';
import { type Reading, resolve, type Setting } from './resolve.ts';

/** The longest timer there is, in milliseconds. */
const longest = 24 * 86_400_000;

type Timeout = Maybe<number> | Minutes;

export function isMinutes(timeout: Timeout | undefined): timeout is Minutes {
  return typeof timeout === 'object' && 'minutes' in timeout;
}

/** Milliseconds of a number of minutes; `undefined` for one that limits nothing. */
export function minutesLimit(minutes: number): number | undefined {
  return minutes > 0 ? Math.min(Math.ceil(minutes * 60_000), longest) : undefined;
}

/** How many minutes an expression gives; a number or its text. */
export const minutesReading: Reading<number> = {
  read: (value: Json) => {
    const minutes = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    return typeof minutes === 'number' && !Number.isNaN(minutes) ? minutes : undefined;
  },
  allowed: 'a number of minutes',
};

/** Milliseconds; `undefined` for no limit and, with a problem told, for what fails or does not fit. */
export function resolveTimeout(timeout: Timeout | undefined, setting: Setting): number | undefined {
  if (!isMinutes(timeout)) {
    return resolve(timeout, durationReading, setting);
  }
  const minutes = resolve<number>(timeout.minutes, minutesReading, setting);
  return minutes === undefined ? undefined : minutesLimit(minutes);
}
