import type { ContainerConfig, ExposedPort, HealthCheck, ImageConfig } from '../../model/image.ts';
import { usualPath } from '../image-config.ts';
import type { OciConfig } from './documents.ts';
import type { ImageTree } from './image-tree.ts';

/** Where shells are looked for, best first. */
const knownShells = ['/bin/bash', '/usr/bin/bash', '/usr/local/bin/bash', '/bin/sh', '/usr/bin/sh', '/bin/ash'];

/** Such an image says nothing of memory; most of what runs in them is no smaller than what runs on our own. Bytes. */
const memory = 1024 ** 3;
const minMemory = 128 * 1024 ** 2;

/** What an OCI image says of the machines made from it, in our words. `tree`: its files. */
export function imageConfigOf({ config }: OciConfig, tree: ImageTree): ImageConfig {
  return {
    env: { PATH: usualPath, ...variables(config?.Env ?? []) },
    shells: knownShells.filter((path) => isProgram(tree, path)),
    memory,
    minMemory,
    container: containerConfig(config ?? {}),
  };
}

function containerConfig(config: NonNullable<OciConfig['config']>): ContainerConfig {
  const { User, WorkingDir, Healthcheck } = config;
  const health = Healthcheck ? healthCheck(Healthcheck) : undefined;
  const user = userOf(User ?? '');
  return {
    entrypoint: config.Entrypoint ?? [],
    cmd: config.Cmd ?? [],
    ...(user === undefined ? {} : { user }),
    ...(WorkingDir?.startsWith('/') ? { workingDir: WorkingDir } : {}),
    ports: Object.keys(config.ExposedPorts ?? {}).flatMap(exposedPort),
    volumes: Object.keys(config.Volumes ?? {}).filter((path) => path.startsWith('/')),
    ...(health === undefined ? {} : { health }),
  };
}

/** Nothing stands for root. */
function userOf(text: string): string | undefined {
  return /^[^:\s\0]+(?::[^:\s\0]+)?$/.test(text) && !/^(?:root|0)$/.test(text) ? text : undefined;
}

function variables(env: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    env.flatMap((line) => {
      const cut = line.indexOf('=');
      return cut < 1 ? [] : [[line.slice(0, cut), line.slice(cut + 1)]];
    }),
  );
}

/** `80`, `80/tcp`, `53/udp`, `8000-8002/tcp`. */
function exposedPort(text: string): ExposedPort[] {
  const [, from, to = from, protocol = 'tcp'] = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp))?$/i.exec(text) ?? [];
  const [first, last] = [Number(from), Number(to)];
  if (!(first >= 1 && last <= 65_535 && last - first < 1024)) {
    return [];
  }
  const kind = protocol.toLowerCase() === 'udp' ? 'udp' : 'tcp';
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, more) => ({ port: first + more, protocol: kind }));
}

/** Docker's defaults where the image leaves something out; `NONE` and no test at all are no check. */
function healthCheck(check: NonNullable<NonNullable<OciConfig['config']>['Healthcheck']>): HealthCheck | undefined {
  const [kind, ...words] = check.Test ?? [];
  const command = kind === 'CMD-SHELL' ? ['/bin/sh', '-c', words.join(' ')] : kind === 'CMD' ? words : [];
  if (command.length === 0) {
    return undefined;
  }
  const milliseconds = (nanoseconds: number | null | undefined, usual: number) =>
    nanoseconds ? Math.max(1, Math.round(nanoseconds / 1e6)) : usual;
  return {
    command,
    interval: milliseconds(check.Interval, 30_000),
    timeout: milliseconds(check.Timeout, 30_000),
    retries: check.Retries || 3,
    startPeriod: milliseconds(check.StartPeriod, 0),
  };
}

function isProgram(tree: ImageTree, path: string): boolean {
  const found = tree.find(path);
  return found?.kind === 'leaf' && found.inode.kind === 'file' && (found.inode.attributes.mode & 0o111) !== 0;
}
