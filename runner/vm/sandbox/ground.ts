import { rm } from 'node:fs/promises';
import { ownUserSpaces } from '../../host/own-user-space.ts';
import { userSpacePath } from '../../host/user-space.ts';
import { makeDisk } from '../../image/disk.ts';
import type { Disk, DiskSpec } from '../../model/machine.ts';
import type { DiskMount } from './chain.ts';
import { detached } from './loop-device.ts';
import { makeMemoryDisk } from './memory-disk.ts';
import { whyNoOverlay } from './overlay.ts';

/** A disk and what it takes to use it. */
export interface GroundDisk {
  readonly disk: Disk;
  readonly mount: DiskMount;
  /** Puts a program where it can be mounted or is: `[...enter, program, ...]`. */
  readonly enter: readonly string[];
  /** Resolves once a machine that has ended let go of it. */
  settled(): Promise<void>;
  remove(): Promise<void>;
}

/** What sandboxes stand on: it differs between root and an ordinary user. */
export interface Ground {
  /** The user namespace of a guest. */
  readonly guest: string;
  /** The one that owns mounts and networks, where that is not the host's. */
  readonly owner?: string;
  makeDisk(spec: DiskSpec, run: string, signal: AbortSignal): Promise<GroundDisk>;
}

/** True where disks are files that root mounts; else they are kept in memory. */
export function standsAsRoot(): boolean {
  return process.getuid?.() === 0;
}

/** `copies`: an ordinary user's disks hold a copy of their image, as on kernels that can do no better. */
export interface GroundOptions {
  readonly copies?: boolean;
}

/** Rejects with a `HostFault` where there are no user namespaces. */
export async function openGround(options: GroundOptions = {}): Promise<Ground> {
  if (standsAsRoot()) {
    return { guest: await userSpacePath(), makeDisk: makeFileDisk };
  }
  const { outer, guest } = await ownUserSpaces();
  const mount = options.copies === true || (await whyNoOverlay(outer)) !== undefined ? 'copy' : 'folder';
  const makeOwnDisk = async (spec: DiskSpec, run: string, signal: AbortSignal): Promise<GroundDisk> => {
    const made = await makeMemoryDisk(spec, { space: outer, run }, signal);
    return { ...made, mount, enter: [...openFirst(guest), ...made.enter], settled: async () => {} };
  };
  return { guest: `/proc/self/fd/${guestFd}`, owner: outer, makeDisk: makeOwnDisk };
}

/** As bwrap's arguments name it too. */
const guestFd = 6;

/** Who has entered the owner's namespace may not look at this process any more: what it holds is opened before. */
function openFirst(guest: string): readonly string[] {
  return ['sh', '-c', `exec "$@" ${guestFd}<"$0"`, guest];
}

async function makeFileDisk(spec: DiskSpec, _run: string, signal: AbortSignal): Promise<GroundDisk> {
  const disk = await makeDisk(spec, 'raw', signal);
  const remove = () => rm(disk.path, { force: true });
  return { disk, mount: 'loop', enter: [], settled: () => detached(disk.path), remove };
}
