import { chmod, copyFile, lstat, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, isAbsolute, join, relative } from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';
import { HostFault, WrongInput } from '../host/fault.ts';
import { isSystemError } from '../host/in-place.ts';
import type { DefinedFile } from './definition.ts';
import { placeIn } from './placing.ts';

/** Puts one entry of `files` below `root`. Throws a `WrongInput` for a `from` that finds no file. */
export async function placeFile(file: DefinedFile, definitionFolder: string, root: string): Promise<void> {
  if (file.link !== undefined) {
    await symlinkAnew(file.link, await placeIn(root, file.path));
    return;
  }
  if (file.content !== undefined) {
    const target = await placeIn(root, file.path);
    await rm(target, { force: true });
    await writeFile(target, file.content);
    await chmod(target, Number.parseInt(file.mode ?? '644', 8));
    return;
  }
  for (const { source, path } of await sourcesOf(file, definitionFolder)) {
    await copyOne(source, await placeIn(root, path), file.mode);
  }
}

export interface FileSource {
  /** Absolute path on this host. */
  readonly source: string;
  /** Path in the image. */
  readonly path: string;
}

/** The host files an entry with `from` stands for, sorted. Throws a `WrongInput` when there is none. */
export async function sourcesOf(file: DefinedFile, definitionFolder: string): Promise<readonly FileSource[]> {
  const from = file.from ?? '';
  const pattern = isAbsolute(from) ? from : join(definitionFolder, from);
  if (!isDynamicPattern(from)) {
    return [{ source: await regularFile(pattern, from), path: file.path }];
  }
  const found = await glob(relative('/', pattern), { cwd: '/', absolute: true, dot: true, followSymbolicLinks: false });
  if (found.length === 0) {
    throw new WrongInput([{ message: `\`from: ${from}\` of the image finds no file` }]);
  }
  return found.sort().map((source) => ({ source, path: join(file.path, basename(source)) }));
}

async function regularFile(path: string, from: string): Promise<string> {
  try {
    if ((await stat(path)).isFile()) {
      return path;
    }
  } catch (error) {
    if (isSystemError(error) && error.code !== 'ENOENT' && error.code !== 'ENOTDIR') {
      throw new HostFault(`read ${path}`, error);
    }
  }
  throw new WrongInput([{ message: `\`from: ${from}\` of the image finds no file` }]);
}

async function copyOne(source: string, target: string, mode: string | undefined): Promise<void> {
  await rm(target, { force: true });
  await copyFile(source, target);
  // The execute bit is what git keeps of a mode; anything else would hang on the umask of who checked out.
  const executable = ((await lstat(target)).mode & 0o111) !== 0;
  await chmod(target, mode === undefined ? (executable ? 0o755 : 0o644) : Number.parseInt(mode, 8));
}

/** Makes a symbolic link; a file or link in its place is replaced. */
export async function symlinkAnew(target: string, path: string): Promise<void> {
  await rm(path, { force: true });
  await symlink(target, path);
}
