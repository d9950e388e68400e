const pattern = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;
const units = [86_400_000, 3_600_000, 60_000, 1000, 1];

/** The longest duration there is, in milliseconds: timers of the runtime hold no more than 31 bits. */
const maxDuration = 24 * 86_400_000;

/** What `parseDuration` takes, in words. */
export const durationAllowed = 'a duration such as 90s, 5m or 1h30m (units d h m s ms, at most 24d)';

/** Milliseconds of a duration such as `90s`, `5m` or `1h30m`; `undefined` when it is none or above `maxDuration`. */
export function parseDuration(text: string): number | undefined {
  const match = text === '' ? null : pattern.exec(text);
  if (match === null) {
    return undefined;
  }
  const total = units.reduce((sum, unit, index) => sum + Number(match[index + 1] ?? 0) * unit, 0);
  return total <= maxDuration ? total : undefined;
}
