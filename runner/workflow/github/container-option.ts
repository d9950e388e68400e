import type { ContainerOptions } from '../../model/container.ts';
import type { HealthCheck } from '../../model/image.ts';
import { healthOptions } from './health-options.ts';
import { readVolume } from './volume.ts';

/** What an option adds or changes; a string says why it cannot be honoured. */
export type Taken = Partial<ContainerOptions> | string;
/** `sofar`: what the options before it came to. */
export type Take = (value: string, sofar: ContainerOptions) => Taken;

/** Options of Docker's command line that take a value and that a machine can honour, by their long names. */
export const withValue: ReadonlyMap<string, Take> = new Map<string, Take>([
  ['--cpus', cpus],
  ['--memory', memory],
  ['--user', user],
  ['--env', variable],
  ['--hostname', hostname],
  ['--entrypoint', (entrypoint) => ({ entrypoint })],
  ['--volume', volume],
  ['--add-host', host],
  ...['--cap-add', '--security-opt', '--cgroupns'].map((name) => [name, ownKernel(name)] as const),
  ...[...healthOptions].map(
    ([name, take]) => [name, (value: string, { health }: ContainerOptions) => healthOf(take(value), health)] as const,
  ),
  ['--ipc', (value) => (['host', 'private', 'shareable'].includes(value) ? {} : wrong(value, 'host, private'))],
]);

/** Those that take none. */
export const flags: ReadonlyMap<string, Take> = new Map<string, Take>([
  ['--privileged', (value, sofar) => (value === 'false' ? {} : ownKernel('--privileged')(value, sofar))],
  ['--no-healthcheck', () => ({ health: 'none' })],
]);

/** A machine of its own is as these say, or nobody could tell the difference. */
export const indifferent = [
  ...['--name', '--label', '--workdir', '--pull', '--shm-size', '--memory-swap', '--memory-reservation'],
  ...['--cpu-shares', '--oom-score-adj', '--stop-signal', '--stop-timeout', '--log-driver', '--log-opt'],
];
export const indifferentFlags = ['--rm', '--init', '--tty', '--interactive', '--detach', '--oom-kill-disable'];

const short: ReadonlyMap<string, string> = new Map([
  ['-m', '--memory'],
  ['-u', '--user'],
  ['-e', '--env'],
  ['-h', '--hostname'],
  ['-v', '--volume'],
  ['-l', '--label'],
  ['-w', '--workdir'],
  ['-t', '--tty'],
  ['-i', '--interactive'],
  ['-d', '--detach'],
]);

/** The long name of an option's letter, as `-m`; what is unknown stays. */
export function longName(letter: string): string {
  return short.get(letter) ?? letter;
}

function wrong(value: string, allowed: string): string {
  return `found '${value}'; allowed: ${allowed}`;
}

function cpus(value: string): Taken {
  const cpu = Number(value);
  const fits = /^\d*\.?\d+$/.test(value) && cpu > 0 && cpu <= 65_536;
  return fits ? { cpu } : wrong(value, 'a number of CPUs such as 2 or 0.5');
}

/** Docker's units are powers of 1024, whatever their case. */
function memory(value: string): Taken {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)([bkmg]?)b?$/i.exec(value) ?? [];
  const power = ['', 'k', 'm', 'g'].indexOf(unit.toLowerCase().replace('b', ''));
  const bytes = Math.ceil(Number(digits) * 1024 ** power);
  return digits !== undefined && bytes > 0 ? { memory: bytes } : wrong(value, 'a size such as 512m or 2g');
}

function user(value: string): Taken {
  const allowed = 'a name or number, with a group behind a colon where it is to be another';
  return /^[^:\s]+(?::[^:\s]+)?$/.test(value) ? { user: value } : wrong(value, allowed);
}

/** A name alone would take its value from the host, of which a guest learns nothing. */
function variable(value: string, { env }: ContainerOptions): Taken {
  const cut = value.indexOf('=');
  return cut < 1 ? wrong(value, 'NAME=value') : { env: [...env, [value.slice(0, cut), value.slice(cut + 1)]] };
}

function hostname(value: string): Taken {
  const fits = /^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$/i.test(value);
  return fits ? { hostname: value } : wrong(value, 'letters, digits, "-" and ".", at most 63');
}

function volume(value: string, { volumes }: ContainerOptions): Taken {
  const found = readVolume(value);
  return typeof found === 'string' ? found : { volumes: [...volumes, found] };
}

function host(value: string, { hosts }: ContainerOptions): Taken {
  const [, name, address] = /^([a-z0-9][a-z0-9.-]*)[:=](\d{1,3}(?:\.\d{1,3}){3})$/i.exec(value) ?? [];
  return name === undefined || address === undefined
    ? wrong(value, 'name:address with an IPv4 address')
    : { hosts: [...hosts, [name, address]] };
}

function ownKernel(name: string): Take {
  return (_, sofar) => ({ ownKernel: sofar.ownKernel ?? name });
}

/** Whatever stands before or behind it, `--no-healthcheck` wins. */
function healthOf(taken: Partial<HealthCheck> | string, health: ContainerOptions['health']): Taken {
  if (typeof taken === 'string') {
    return taken;
  }
  return { health: health === 'none' ? 'none' : { ...health, ...taken } };
}
