import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unlessGone } from './cgroup-files.ts';
import type { Controller, Hierarchy } from './cgroup-layout.ts';

/**
 * Makes the group `lightv/<run>/<id>` at the nearest place that lets us, with this controller, and returns its folder.
 * Throws what the nearest place said when none does.
 */
export function makeGroup(hierarchy: Hierarchy, controller: Controller, run: string, id: string): string {
  let failure: unknown;
  // `recursive` is not for these file systems: Node loops for ever where mkdir says ENOENT below a folder that is there.
  for (const place of hierarchy.places) {
    try {
      const folder = makeFolders(place, ['lightv', run, id]);
      if (hierarchy.version === 2) {
        passDown(controller, [place, join(place, 'lightv'), join(place, 'lightv', run)]);
      }
      return folder;
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}

/** Another run's end may remove `lightv` between our finding it and our making a folder in it. */
function makeFolders(place: string, names: readonly string[]): string {
  const make = () => names.reduce((above, name) => makeFolder(join(above, name)), place);
  for (let tries = 0; tries < 20; tries += 1) {
    const made = unlessGone(make);
    if (made !== undefined) {
      return made;
    }
  }
  return make();
}

function makeFolder(folder: string): string {
  try {
    mkdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw error;
    }
  }
  return folder;
}

/** cgroup v2: a group has a controller when each of its ancestors passes it on in `cgroup.subtree_control`. */
function passDown(controller: Controller, folders: readonly string[]): void {
  for (const folder of folders) {
    const control = join(folder, 'cgroup.subtree_control');
    if (!readFileSync(control, 'utf8').trim().split(' ').includes(controller)) {
      writeFileSync(control, `+${controller}`);
    }
  }
}
