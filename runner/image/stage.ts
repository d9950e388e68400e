import { chmod, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { downloadPackages, unpackPackage } from '../host/apt.ts';
import { runProgram } from '../host/process.ts';
import type { ImageDefinition } from './definition.ts';
import { placeFile, symlinkAnew } from './files.ts';
import { unpackNpm } from './npm.ts';
import { makeFolderIn, placeIn } from './placing.ts';
import { relink } from './relink.ts';
import type { BuildWork } from './work.ts';

/** Fills `root`, an empty folder, with everything of a definition but its Debian base, in the order the grammar lists it. */
export async function stageFiles(
  definition: ImageDefinition,
  definitionFolder: string,
  root: string,
  work: BuildWork,
): Promise<void> {
  const { unpack = [], npm = [], linked = [], applets, folders = [], files = [] } = definition.from;
  await chmod(root, 0o755);
  await unpackDebian(unpack, root, work);
  for (const one of npm) {
    await unpackNpm(one, root, work);
  }
  await relink(linked, root, work);
  if (applets !== undefined) {
    await linkApplets(applets, root, work);
  }
  for (const folder of folders) {
    const { path, mode } = typeof folder === 'string' ? { path: folder, mode: '755' } : folder;
    await chmod(await makeFolderIn(root, path), Number.parseInt(mode, 8));
  }
  for (const file of files) {
    work.signal.throwIfAborted();
    await placeFile(file, definitionFolder, root);
  }
}

async function unpackDebian(names: readonly string[], root: string, work: BuildWork): Promise<void> {
  if (names.length === 0) {
    return;
  }
  const folder = join(work.temporary, 'packages');
  await mkdir(folder);
  for (const file of await downloadPackages(names, folder, work)) {
    await unpackPackage(file, root, work.signal);
  }
  await chmod(root, 0o755);
  for (const unread of ['doc', 'man', 'info', 'locale', 'lintian', 'initramfs-tools']) {
    await rm(join(root, 'usr/share', unread), { recursive: true, force: true });
  }
}

/** Busybox names its applets with the places they belong to, such as `usr/bin/awk`. It must run on this host. */
async function linkApplets(busybox: string, root: string, work: BuildWork): Promise<void> {
  const program = join(root, busybox);
  const { stdout } = await runProgram(`list the applets of ${busybox}`, [program, '--list-full'], {
    signal: work.signal,
  });
  const wanted = stdout.split('\n').filter((line) => line !== '' && line !== 'linuxrc' && `/${line}` !== busybox);
  for (const applet of wanted) {
    await symlinkAnew(busybox, await placeIn(root, `/${applet}`));
  }
}
