import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { openImage } from '../../runner/image/open.ts';
import { imageTree } from '../../runner/image/tree.ts';

/** Unpacks an archive with a program that is not ours: the busybox of the image, which needs nothing of the host's. */
export async function unpackCpio(archive: Buffer, folder: string): Promise<void> {
  const busybox = join(await imageTree(await openImage('busybox')), 'bin/busybox');
  const stdio = ['pipe', 'pipe', 'pipe'] as const;
  execFileSync(busybox, ['cpio', '-idmu', '--quiet'], { cwd: folder, input: archive, stdio: [...stdio] });
}
