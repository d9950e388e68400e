import { existsSync, statfsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { HostFault } from './fault.ts';

/** Bytes: a file system with less has just refused somebody's writes, or is about to. */
const leastRoom = 256 * 1024;

/**
 * Rejects with a `HostFault` when the file system of a folder is full. What the kernel still had to write there may be
 * lost without anybody being told.
 */
export async function checkRoom(attempted: string, folder: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder).catch((error) => {
    throw new HostFault(attempted, error);
  });
  if (bavail * bsize < leastRoom) {
    throw new HostFault(attempted, noRoom(folder));
  }
}

/** Bytes that may still be written to the file system of a folder. Rejects with the system's own error. */
export async function freeRoom(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** What is to be told in place of `error` where the file system of a folder is full: not everybody's errors say so. */
export function orNoRoom(error: unknown, folder: string): unknown {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize < leastRoom ? new Error(noRoom(folder), { cause: error }) : error;
}

/** Bytes of the file system that a folder is on, or will be on once it is made: used and free ones. */
export function wholeRoom(folder: string): number {
  if (!existsSync(folder) && dirname(folder) !== folder) {
    return wholeRoom(dirname(folder));
  }
  const { blocks, bsize } = statfsSync(folder);
  return blocks * bsize;
}

function noRoom(folder: string): string {
  return `no room is left in ${folder}`;
}
