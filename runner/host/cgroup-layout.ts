import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

export type Controller = 'memory' | 'cpu' | 'pids';
export const controllers = ['memory', 'cpu', 'pids'] as const;

/** Where groups of one controller may be made: folders to try, nearest to this process first. */
export interface Hierarchy {
  readonly version: 1 | 2;
  readonly places: readonly string[];
}

/** Where this process stands; tests hand in a tree of their own. */
export interface CgroupTexts {
  readonly mountinfo: string;
  readonly membership: string;
}

/** The texts of this process. */
export function ownTexts(): CgroupTexts {
  return {
    mountinfo: readFileSync('/proc/self/mountinfo', 'utf8'),
    membership: readFileSync('/proc/self/cgroup', 'utf8'),
  };
}

/**
 * Reads the texts of `/proc/self/mountinfo` and `/proc/self/cgroup` (formats: proc(5), cgroups(7)). A controller bound
 * to a v1 hierarchy is not to be had through v2; one that is mounted nowhere is absent.
 */
export function cgroupLayout(mountinfo: string, membership: string): ReadonlyMap<Controller, Hierarchy> {
  const mounts = mountinfo.split('\n').flatMap(cgroupMount);
  const positions = membership.split('\n').flatMap(position);
  const layout = new Map<Controller, Hierarchy>();
  for (const controller of controllers) {
    const own = positions.find((one) => one.controllers.includes(controller));
    const mount = mounts.find((one) => one.options.includes(controller));
    if (own !== undefined) {
      if (mount !== undefined) {
        layout.set(controller, { version: 1, places: placesV1(mount, own.path) });
      }
      continue;
    }
    const unified = mounts.find((one) => one.unified);
    const inUnified = positions.find((one) => one.controllers.length === 0);
    if (unified !== undefined && inUnified !== undefined) {
      layout.set(controller, { version: 2, places: placesV2(unified, inUnified.path) });
    }
  }
  return layout;
}

interface Mount {
  readonly root: string;
  readonly folder: string;
  readonly unified: boolean;
  readonly options: readonly string[];
}

function cgroupMount(line: string): readonly Mount[] {
  const [before = '', after = ''] = line.split(' - ');
  const [type = '', , options = ''] = after.split(' ');
  const [, , , root = '/', folder = ''] = before.split(' ');
  const unified = type === 'cgroup2';
  return unified || type === 'cgroup' ? [{ root, folder, unified, options: options.split(',') }] : [];
}

function position(line: string): readonly { readonly controllers: readonly string[]; readonly path: string }[] {
  const found = /^\d+:([^:]*):(.*)$/.exec(line);
  return found
    ? [{ controllers: (found[1] ?? '').split(',').filter((name) => name !== ''), path: found[2] ?? '/' }]
    : [];
}

function folderOf(mount: Mount, path: string): string {
  const below = relative(mount.root, path);
  return below.startsWith('..') ? mount.folder : join(mount.folder, below);
}

function placesV1(mount: Mount, path: string): readonly string[] {
  return [...new Set([folderOf(mount, path), mount.folder])];
}

/** A v2 group that holds processes passes no controllers on, so a delegated ancestor is looked for on the way up. */
function placesV2(mount: Mount, path: string): readonly string[] {
  const places: string[] = [];
  for (let folder = folderOf(mount, path); folder !== mount.folder; folder = join(folder, '..')) {
    places.push(folder);
  }
  return [...places, mount.folder];
}
