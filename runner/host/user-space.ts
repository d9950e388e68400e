import { once } from 'node:events';
import { type FileHandle, open, readlink, writeFile } from 'node:fs/promises';
import { execa } from 'execa';
import { HostFault } from './fault.ts';

let opened: Promise<FileHandle> | undefined;

/**
 * For root: a user namespace with ids 0-65535 as they are on disk, so that a guest's root can give files to any user,
 * while it has no capability over anything of the host. Returns a path by which children of this process open it; made
 * once, it lasts as long as this process. Rejects with a `HostFault`.
 */
export async function userSpacePath(): Promise<string> {
  opened ??= openUserSpace();
  try {
    return `/proc/${process.pid}/fd/${(await opened).fd}`;
  } catch (error) {
    opened = undefined;
    throw new HostFault('make a user namespace', error);
  }
}

async function openUserSpace(): Promise<FileHandle> {
  const child = execa('setpriv', ['--pdeathsig', 'KILL', 'unshare', '--user', 'sh', '-c', 'echo up; exec cat'], {
    reject: false,
    buffer: false,
    stdin: 'pipe',
  });
  try {
    await Promise.race([once(child.stdout, 'data'), child.then((end) => Promise.reject(new Error(end.shortMessage)))]);
    const proc = `/proc/${child.pid}`;
    await readlink(`${proc}/ns/user`);
    await writeFile(`${proc}/uid_map`, '0 0 65536');
    await writeFile(`${proc}/gid_map`, '0 0 65536');
    return await open(`${proc}/ns/user`, 'r');
  } finally {
    child.kill('SIGKILL');
    await child;
  }
}
