import { link, open, rm } from 'node:fs/promises';
import { dirname, isAbsolute, relative } from 'node:path';
import { attempt } from '../host/attempt.ts';
import { HostFault, WrongInput } from '../host/fault.ts';
import { runProgram } from '../host/process.ts';
import type { Disk, DiskSpec } from '../model/machine.ts';
import { smallestDisk } from '../plan/resources.ts';

const block = 4096;

/** Written out in full, so that every host's mke2fs makes what the guest kernel can mount. */
const features =
  'none,has_journal,ext_attr,dir_index,filetype,extent,64bit,flex_bg,sparse_super,large_file,huge_file,dir_nlink,extra_isize,metadata_csum';

/**
 * Makes a disk at `spec.path` plus `.raw` or `.qcow2`: an empty sparse ext4 labelled `lightv`, or a fork of
 * `spec.parent`, which must be at rest. A fork has its parent's size whatever `spec.size` says; a qcow2 fork needs its
 * parent's file for as long as it lives. Takes 10-40 ms, except for a raw fork, which copies what the parent holds
 * where the host's file system cannot share blocks. Rejects with a `HostFault` (host disk full, a tool missing, a
 * parent that lives in memory) or a `WrongInput` (below `smallestDisk`); then, as after an abort, no file is left.
 */
export async function makeDisk(spec: DiskSpec, format: 'raw' | 'qcow2', signal: AbortSignal): Promise<Disk> {
  const path = `${spec.path}.${format}`;
  const size = spec.parent?.size ?? usableSize(spec.size);
  signal.throwIfAborted();
  await claim(path);
  try {
    await (spec.parent === undefined ? makeEmpty(path, size, format, signal) : fork(spec.parent, path, format, signal));
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
  return { path, format, size };
}

function usableSize(asked: number): number {
  if (asked < smallestDisk) {
    const message = `a disk of ${asked} bytes is too small: a machine's disk has at least ${smallestDisk / 1024 ** 2}Mi`;
    throw new WrongInput([{ message }]);
  }
  return Math.ceil(asked / block) * block;
}

async function makeEmpty(path: string, size: number, format: 'raw' | 'qcow2', signal: AbortSignal): Promise<void> {
  if (format === 'raw') {
    return makeFileSystem(path, size, signal);
  }
  const raw = `${path}.raw`;
  try {
    await makeFileSystem(raw, size, signal);
    await convert({ path: raw, format: 'raw' }, path, 'qcow2', signal);
  } finally {
    await rm(raw, { force: true });
  }
}

async function makeFileSystem(path: string, size: number, signal: AbortSignal): Promise<void> {
  const journal = size < 1024 ** 3 ? 4 : 32;
  const options = 'assume_storage_prezeroed=1,lazy_journal_init=1,nodiscard,root_owner=0:0';
  const layout = ['-b', `${block}`, '-I', '256', '-i', '8192', '-m', '0', '-O', features, '-J', `size=${journal}`];
  await runProgram(
    'make an empty disk',
    ['mke2fs', '-q', '-F', '-t', 'ext4', '-L', 'lightv', ...layout, '-E', options, path, `${size / 1024}k`],
    { signal, env: { PATH: programPath(), MKE2FS_CONFIG: '/dev/null', LC_ALL: 'C' } },
  );
}

/** Makes the file, so that a disk is never written over another one. */
async function claim(path: string): Promise<void> {
  try {
    await (await open(path, 'wx', 0o600)).close();
  } catch (error) {
    throw new HostFault('make a disk', error);
  }
}

async function fork(parent: Disk, path: string, format: 'raw' | 'qcow2', signal: AbortSignal): Promise<void> {
  if (parent.format === 'holder') {
    const why = 'it lives in the memory of an unprivileged sandbox and cannot become a file';
    throw new HostFault(`fork the disk ${parent.path}`, why);
  }
  if (format === 'qcow2') {
    // The parent's format is always said: a guest that wrote a qcow2 header into its raw disk must not have it believed.
    const backing = ['-b', seenFrom(path, parent.path), '-F', parent.format];
    await runProgram('fork a disk', ['qemu-img', 'create', '-q', '-f', 'qcow2', ...backing, path], { signal });
  } else if (parent.format === 'raw') {
    await copy(parent.path, path, signal);
  } else {
    await convert({ path: parent.path, format: parent.format }, path, 'raw', signal);
  }
}

/**
 * Into a file of its own, which then takes the place of the claimed one: ext4 writes to disk at once what is copied into a
 * file that was there and empty, which takes many times as long.
 */
async function copy(from: string, path: string, signal: AbortSignal): Promise<void> {
  const fresh = `${path}.copy`;
  try {
    await runProgram('copy a disk', ['cp', '--reflink=auto', '--sparse=always', '--', from, fresh], { signal });
    await attempt('copy a disk', async () => {
      await rm(path);
      await link(fresh, path);
    });
  } finally {
    await rm(fresh, { force: true });
  }
}

/** Files of one folder tree find each other wherever the tree is. */
function seenFrom(path: string, parent: string): string {
  const short = relative(dirname(path), parent);
  return short.startsWith('..') || isAbsolute(short) ? parent : short;
}

function convert(
  from: { readonly path: string; readonly format: 'raw' | 'qcow2' },
  path: string,
  format: 'raw' | 'qcow2',
  signal: AbortSignal,
): Promise<unknown> {
  const argv = ['convert', '-q', '-f', from.format, '-O', format, from.path, path];
  return runProgram('convert a disk', ['qemu-img', ...argv], { signal });
}

/** mke2fs lives in sbin, which an unprivileged user's PATH often lacks. */
function programPath(): string {
  return `${process.env.PATH ?? '/usr/bin:/bin'}:/usr/sbin:/sbin`;
}
