import { release } from 'node:os';
import { enterSpace } from '../../host/own-user-space.ts';
import { runProgram } from '../../host/process.ts';

/** An image's folder under a disk in memory, removed and made anew: the kernel notes that in an attribute of the disk. */
const trial = `
set -e
mount -t tmpfs tmpfs /tmp
cd /tmp
mkdir -p lower/folder upper work root
if mount -t overlay -o userxattr,lowerdir=lower,upperdir=upper,workdir=work overlay root; then
  rmdir root/folder
  if mkdir root/folder; then echo works; fi
fi 2>/dev/null
`;

const tried = new Map<string, Promise<string | undefined>>();

/**
 * Why disks in memory cannot be laid over images' files in this user namespace, or `undefined` where they can. Tried
 * once. Rejects with a `HostFault` where there are no disks in memory.
 */
export function whyNoOverlay(space: string): Promise<string | undefined> {
  const known = tried.get(space) ?? tryOverlay(space);
  tried.set(space, known);
  return known;
}

async function tryOverlay(space: string): Promise<string | undefined> {
  const [file = '', ...args] = [...enterSpace(space), 'unshare', '--mount', 'sh', '-c', trial];
  const { stdout } = await runProgram('mount a disk in memory', [file, ...args], { timeout: 10_000 });
  return stdout === 'works' ? undefined : `that takes Linux 6.6, and this is ${release()}`;
}
