import type { HealthCheck } from '../../model/image.ts';

/** Gives what an option says of a container's health check; a string says what is wrong with it. */
type Take = (value: string) => Partial<HealthCheck> | string;

/** Docker's options for it, by name. */
export const healthOptions: ReadonlyMap<string, Take> = new Map<string, Take>([
  ['--health-cmd', (value) => (value === '' ? wrong(value, 'a command') : { command: ['/bin/sh', '-c', value] })],
  ['--health-interval', (value) => duration(value, (interval) => ({ interval }))],
  ['--health-timeout', (value) => duration(value, (timeout) => ({ timeout }))],
  ['--health-start-period', (value) => duration(value, (startPeriod) => ({ startPeriod }))],
  // How often it is looked while it starts: as often as ever will do.
  ['--health-start-interval', (value) => duration(value, () => ({}))],
  ['--health-retries', retries],
]);

function retries(value: string): Partial<HealthCheck> | string {
  return /^\d{1,4}$/.test(value) ? { retries: Math.max(1, Number(value)) } : wrong(value, 'a number');
}

const units: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  ns: 1e-6,
};

/** Durations as Go writes them, in milliseconds; 0 stands for what is usual. */
function duration(value: string, take: (milliseconds: number) => Partial<HealthCheck>): Partial<HealthCheck> | string {
  if (value === '0') {
    return {};
  }
  const parts = [...value.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|ns)/g)];
  if (parts.length === 0 || parts.map(([text]) => text).join('') !== value) {
    return wrong(value, '10s, 1m30s or 500ms');
  }
  const total = parts.reduce((sum, [, digits, unit]) => sum + Number(digits) * (units[unit ?? ''] ?? 0), 0);
  return total === 0 ? {} : take(Math.max(1, Math.round(total)));
}

function wrong(value: string, allowed: string): string {
  return `found '${value}'; allowed: ${allowed}`;
}
