import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from '../host/process.ts';
import { makeDebian } from './debian.ts';
import type { DebianBase } from './definition.ts';
import type { BuildWork } from './work.ts';

/** Everything staged belongs to root and is from 1970, so that the same files give the same bytes. */
const sameForAll = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--format=gnu'] as const;

/** Makes the squashfs of a base (or of none) with the staged files of `root` on top. */
export async function makeFileSystem(
  base: DebianBase | undefined,
  root: string,
  target: string,
  work: BuildWork,
): Promise<void> {
  const staged = join(work.temporary, 'staged.tar');
  const entries = base === undefined ? ['.'] : (await readdir(root)).sort();
  // Over a base only files are told: a folder entry could take the place of a link such as /bin.
  const which = base === undefined ? [] : [];
  await runProgram(
    'collect the files of the image',
    ['tar', '--create', ...sameForAll, ...which, '-f', staged, '-C', root, ...entries],
    work,
  );
  const whole = base === undefined ? staged : await makeDebian(base, staged, work);
  await squash(whole, target, work);
}

async function squash(tar: string, target: string, work: BuildWork): Promise<void> {
  work.onProgress('packing the file system');
  await runProgram(
    'pack the file system of the image',
    [
      'setpriv',
      '--pdeathsig',
      'KILL',
      'sqfstar',
      '-quiet',
      '-no-progress',
      '-exit-on-error',
      '-comp',
      'zstd',
      '-mkfs-time',
      '0',
      '-root-mode',
      '755',
      '-root-uid',
      '0',
      '-root-gid',
      '0',
      '-root-time',
      '0',
      target,
    ],
    { inputFile: tar, signal: work.signal, timeout: 30 * 60_000 },
  );
}
