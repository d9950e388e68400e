import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Header, Pack } from 'tar-stream';
import { packing } from '../host/tar.ts';

/** A tar of everything below `folder`, named relative to it, in the order of the names. Fails with a `HostFault`. */
export function packFolder(folder: string): AsyncGenerator<Uint8Array> {
  return packing(`read ${folder}`, (archive) => addFolder(archive, folder, ''));
}

/** Adds everything below `folder` under `prefix`, itself only where that has a name. */
export async function addFolder(archive: Pack, folder: string, prefix: string): Promise<void> {
  if (prefix !== '') {
    await addEntry(archive, folder, prefix);
  }
  for (const entry of (await readdir(folder, { withFileTypes: true })).sort(byName)) {
    const [path, name] = [join(folder, entry.name), prefix === '' ? entry.name : `${prefix}/${entry.name}`];
    await (entry.isDirectory() ? addFolder(archive, path, name) : addEntry(archive, path, name));
  }
}

function byName(one: { readonly name: string }, other: { readonly name: string }): number {
  return one.name < other.name ? -1 : 1;
}

/**
 * Adds one file, folder or symbolic link; anything else (sockets, devices) and what is no longer there is left out.
 * Owner and permissions of the host do not travel, the executable bit does.
 */
export async function addEntry(archive: Pack, file: string, name: string): Promise<void> {
  const stat = await lstat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') {
      return undefined;
    }
    throw error;
  });
  if (stat === undefined) {
    return;
  }
  const mode = stat.mode & 0o111 ? 0o755 : 0o644;
  const header = { name, mode, mtime: stat.mtime, uid: 0, gid: 0 };
  if (stat.isDirectory()) {
    archive.entry({ ...header, name: `${name}/`, mode: 0o755, type: 'directory' });
  } else if (stat.isSymbolicLink()) {
    archive.entry({ ...header, type: 'symlink', linkname: await readlink(file) });
  } else if (stat.isFile()) {
    await addFile(archive, file, { ...header, type: 'file', size: stat.size });
  }
}

/** A file that grows meanwhile is cut at its first size; one that shrinks is an error. */
async function addFile(
  archive: Pack,
  file: string,
  header: Partial<Header> & { name: string; size: number },
): Promise<void> {
  const entry = archive.entry(header);
  if (header.size === 0) {
    entry.end(null);
    return;
  }
  await pipeline(createReadStream(file, { end: header.size - 1 }), entry);
}
