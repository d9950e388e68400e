import { randomBytes } from 'node:crypto';
import { mkdirSync, statSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { HostFault } from './fault.ts';

/** Makes a folder and those above it; a folder that is there is left alone. Throws a `HostFault` naming it. */
export function makeFolderSync(path: string, mode?: number): void {
  try {
    makeWithParents(resolve(path), mode);
  } catch (error) {
    throw new HostFault(`make the folder ${path}`, error);
  }
}

/** As `makeFolderSync`; rejects. */
export async function makeFolder(path: string, mode?: number): Promise<void> {
  makeFolderSync(path, mode);
}

/** Node's own `recursive` never ends where a folder is there but takes no others, as /proc. */
function makeWithParents(path: string, mode: number | undefined): void {
  if (isFolder(path)) {
    return;
  }
  if (dirname(path) !== path) {
    makeWithParents(dirname(path), mode);
  }
  try {
    mkdirSync(path, mode);
  } catch (error) {
    // Another process may have been faster.
    if (!isFolder(path)) {
      throw error;
    }
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/**
 * Puts a file or folder in its place whole or not at all: `make` writes it at the path it is given, in the same folder,
 * and only when that succeeded is it moved to `target`. Whatever `make` wrote is removed when it fails. Two callers for
 * one target must hold a lock: remains of a caller that was killed are removed first.
 */
export async function putInPlace(target: string, make: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${target}.making`;
  await makeFolder(dirname(target));
  try {
    await rm(temporary, { recursive: true, force: true });
    await make(temporary);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error instanceof HostFault || !isSystemError(error) ? error : new HostFault(`write ${target}`, error);
  }
}

/** Writes a small file whole or not at all, safe against other processes writing it at once. */
export async function writeWhole(path: string, data: string | Uint8Array, mode = 0o666): Promise<void> {
  await makeFolder(dirname(path));
  const temporary = `${path}.${randomBytes(4).toString('hex')}.making`;
  try {
    await writeFile(temporary, data, { mode });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw new HostFault(`write ${path}`, error);
  }
}

/** True for errors of the operating system, which carry a code such as `ENOSPC`. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).code === 'string' && 'syscall' in error;
}
