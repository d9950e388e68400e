import { posix } from 'node:path';
import { WrongInput } from '../host/fault.ts';
import type { Bind, Tool, VmSpec } from '../model/machine.ts';

/** A folder that a disk holds once. `store`: what it is called on the disk, fit for a file name. */
export interface KeptFolder {
  readonly path: string;
  readonly store: string;
}

/** What is mounted in a machine over its image, and where it lies on its disk. Outer paths come before inner ones. */
export interface Mounts {
  /** Names the image's own layer on the disk. */
  readonly layer: string;
  readonly folders: readonly KeptFolder[];
  readonly tools: readonly Tool[];
  readonly binds: readonly Bind[];
}

/** Where machines mount what is the kernel's or the agent's. */
const taken = ['/proc', '/sys', '/dev', '/run'];
/** No file system takes a longer name. */
const longestName = 255;
/** A `microvm` of QEMU has room for so many disks besides its other devices. */
const mostTools = 8;
const most = 64;

/** Throws a `WrongInput` for paths that nothing can be mounted on, and for binds of what is not on the disk. */
export function mountsOf({
  image,
  tools,
  folders,
  binds,
}: Pick<VmSpec, 'image' | 'tools' | 'folders' | 'binds'>): Mounts {
  const paths = [...folders, ...tools.map(({ path }) => path), ...binds.map(({ to }) => to)];
  const problems = [...paths, ...binds.map(({ from }) => from)].flatMap(problemOf);
  const twice = paths.find((path, at) => paths.indexOf(path) !== at);
  if (twice !== undefined) {
    problems.push(`two things cannot be mounted on ${twice} of a machine`);
  }
  const strayed = binds.find(({ from }) => !folders.some((folder) => isBelow(from, folder)));
  if (strayed !== undefined) {
    problems.push(`${strayed.from} cannot be seen at ${strayed.to} too: it is in none of ${folders.join(', ')}`);
  }
  if (tools.length > mostTools || folders.length > most || binds.length > most) {
    problems.push(`a machine takes at most ${mostTools} tools, ${most} folders and ${most} binds`);
  }
  if (problems.length > 0) {
    throw new WrongInput(problems.map((message) => ({ message })));
  }
  return {
    layer: image.digest.replace('sha256:', ''),
    folders: outerFirst(folders, (path) => path).map((path) => ({ path, store: storeOf(path) })),
    tools: outerFirst(tools, ({ path }) => path),
    binds: outerFirst(binds, ({ to }) => to),
  };
}

/** Whether a path is `folder` or below it. */
export function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

function problemOf(path: string): string[] {
  const plain = posix.isAbsolute(path) && posix.normalize(path) === path && path !== '/' && !path.endsWith('/');
  if (!plain || /[\0\n]/.test(path) || storeOf(path).length > longestName) {
    return [`nothing can be mounted on ${JSON.stringify(path)} of a machine: an absolute path of a folder is wanted`];
  }
  const system = taken.find((folder) => isBelow(path, folder));
  return system === undefined ? [] : [`nothing can be mounted on ${path} of a machine: ${system} is its own`];
}

function storeOf(path: string): string {
  return encodeURIComponent(path);
}

function outerFirst<T>(all: readonly T[], path: (one: T) => string): T[] {
  return [...all].sort((a, b) => path(a).split('/').length - path(b).split('/').length);
}
