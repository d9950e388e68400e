import { lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { downloadPackages, unpackPackage } from '../host/apt.ts';
import { WrongInput } from '../host/fault.ts';
import { runProgram } from '../host/process.ts';
import type { LinkedProgram } from './definition.ts';
import type { BuildWork } from './work.ts';

/**
 * Changes programs below `root` to use a loader and libraries of their own: no variable has to say so, which would reach
 * what they start in turn. Done by Debian's patchelf, which is not installed for it.
 */
export async function relink(programs: readonly LinkedProgram[], root: string, work: BuildWork): Promise<void> {
  if (programs.length === 0) {
    return;
  }
  for (const { program } of programs) {
    const found = await lstat(join(root, program)).catch(() => undefined);
    if (found?.isFile() !== true) {
      throw new WrongInput([{ message: `\`linked\` of the image names ${program}, which is no file of it` }]);
    }
  }
  const folder = join(work.temporary, 'patchelf');
  await mkdir(folder);
  for (const file of await downloadPackages(['patchelf'], folder, work)) {
    await unpackPackage(file, folder, work.signal);
  }
  for (const { program, loader, libraries } of programs) {
    // DT_RPATH, unlike DT_RUNPATH, also counts for what a library loads.
    const how = ['--set-interpreter', loader, '--force-rpath', '--set-rpath', libraries.join(':')];
    await runProgram(`link ${program}`, [join(folder, 'usr/bin/patchelf'), ...how, join(root, program)], {
      signal: work.signal,
    });
  }
}
