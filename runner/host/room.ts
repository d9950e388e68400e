import { statfs } from 'node:fs/promises';
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
    throw new HostFault(attempted, `no room is left in ${folder}`);
  }
}
