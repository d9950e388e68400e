import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from '../host/process.ts';
import { makeDebian, withSourceDate } from './debian.ts';
import type { DebianBase } from './definition.ts';
import type { BuildWork } from './work.ts';

/** Everything staged belongs to root and is from 1970, so that the same files give the same bytes. */
const sameForAll = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--format=gnu'] as const;
const tied = ['setpriv', '--pdeathsig', 'KILL'] as const;
/** sqfstar gives the top folder to whoever calls it, whatever its options say. */
const asMappedRoot = ['unshare', '--map-root-user', '--kill-child'] as const;

/**
 * lz4, because guests read an image far more often than it is packed: under emulation unpacking zstd costs several times
 * as much, and packing takes seconds instead of a minute.
 */
const squashing = ['-comp', 'lz4', '-root-mode', '755'] as const;

/** Makes the squashfs of a base (or of none) with the staged files of `root` on top. */
export async function makeFileSystem(
  base: DebianBase | undefined,
  root: string,
  target: string,
  work: BuildWork,
): Promise<void> {
  const staged = join(work.temporary, 'staged.tar');
  await collect(root, staged, base === undefined, work);
  if (base === undefined) {
    await squash(staged, target, 0, work);
    return;
  }
  const today = startOfDay();
  await squash(await makeDebian(base, staged, today, work), target, today, work);
}

/** Same day, same mirrors, same image. A time further back would be older than files of recent packages. */
function startOfDay(): number {
  const day = 86_400;
  return Math.floor(Date.now() / 1000 / day) * day;
}

/**
 * Makes a squashfs of a tar, a file or a stream, at `target`. `latest`, in seconds since 1970, takes the place of every
 * later time, such as that of the top folder. Throws what the stream throws, else a `HostFault`.
 */
export async function squash(
  tar: string | AsyncIterable<Uint8Array>,
  target: string,
  latest: number,
  work: BuildWork,
): Promise<void> {
  work.onProgress('packing the file system');
  const asRoot = process.getuid?.() === 0;
  await runProgram(
    `pack the file system of the image${asRoot ? '' : ' in a user namespace'}`,
    [
      ...tied,
      ...(asRoot ? [] : asMappedRoot),
      'sqfstar',
      '-quiet',
      '-no-progress',
      '-exit-on-error',
      ...squashing,
      target,
    ],
    {
      ...(typeof tar === 'string' ? { inputFile: tar } : { inputStream: tar }),
      signal: work.signal,
      timeout: 30 * 60_000,
      env: withSourceDate(latest),
    },
  );
}

/** Over a base no folder that holds something is told: it could take the place of a link such as /bin. */
async function collect(root: string, target: string, folders: boolean, work: BuildWork): Promise<void> {
  const tar = ['tar', '--create', ...sameForAll, '-f', target, '-C', root] as [string, ...string[]];
  if (folders) {
    await runProgram('collect the files of the image', [...tar, '.'], work);
    return;
  }
  const list = join(work.temporary, 'staged.list');
  await writeFile(list, (await leaves(root, '')).join('\0'));
  await runProgram('collect the files of the image', [...tar, '--no-recursion', '--null', '-T', list], work);
}

async function leaves(root: string, folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  if (entries.length === 0 && folder !== '') {
    return [folder];
  }
  const found: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    found.push(...(entry.isDirectory() ? await leaves(root, path) : [path]));
  }
  return found;
}
