import { totalmem } from 'node:os';
import { HostFault } from '../../host/fault.ts';
import { type MemoryFolder, openMemoryFolder } from '../../host/memory-folder.ts';
import type { Disk, DiskSpec } from '../../model/machine.ts';

/** Bytes a disk in memory may have at most: several may be kept at once. */
export const mostMemoryDisk = Math.floor(totalmem() / 4 / 4096) * 4096;

/** By the paths of their disks; those whose folder was removed have ended by themselves. */
const open = new Map<string, MemoryFolder>();

export interface MemoryDiskOwner {
  /** The user namespace it is mounted in. */
  readonly space: string;
  readonly run: string;
}

/** A disk of an ordinary user, as a machine of this process finds it. */
export interface MemoryDisk {
  readonly disk: Disk;
  /** Where it is mounted: `[...enter, program, ...]`. */
  readonly enter: readonly string[];
  /** Removes it, also when it is gone already. */
  remove(): Promise<void>;
}

/**
 * Makes a disk at `spec.path` plus `.holder`: a tmpfs of its size, at most `mostMemoryDisk`, empty or with a copy of what
 * its parent holds. It ends when its path is removed, and with this process. Rejects with a `HostFault`.
 */
export async function makeMemoryDisk(spec: DiskSpec, owner: MemoryDiskOwner, signal: AbortSignal): Promise<MemoryDisk> {
  const path = `${spec.path}.holder`;
  const size = spec.parent?.size ?? Math.min(spec.size, mostMemoryDisk);
  const contents = spec.parent === undefined ? {} : { contents: parentOf(spec.parent) };
  const folder = await openMemoryFolder({ path, size, ...owner, ...contents, signal });
  open.set(path, folder);
  const remove = async () => {
    open.delete(path);
    await folder.close();
  };
  return { disk: { path, format: 'holder', size }, enter: folder.enter, remove };
}

function parentOf(parent: Disk): string {
  const folder = open.get(parent.path);
  if (folder === undefined) {
    const why =
      parent.format === 'holder'
        ? 'it was kept in memory by a run that is over'
        : `a ${parent.format} disk can be mounted by root alone`;
    throw new HostFault(`fork the disk ${parent.path}`, why);
  }
  return folder.reach;
}
