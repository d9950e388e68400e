import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { tryRemove, unlessGone } from './cgroup-files.ts';
import { removeGroup } from './cgroup-group.ts';
import { type CgroupTexts, cgroupLayout, ownTexts } from './cgroup-layout.ts';

/** Kills and removes every group of a run that is over; returns the folders that were there. */
export async function sweepCgroups(run: string, texts: CgroupTexts = ownTexts()): Promise<string[]> {
  const layout = cgroupLayout(texts.mountinfo, texts.membership);
  const roots = [...new Set([...layout.values()].map((hierarchy) => hierarchy.places.at(-1) ?? ''))];
  const swept: string[] = [];
  for (const folder of roots.flatMap((root) => groupsOf(run, root))) {
    for (const entry of readdirSync(folder, { withFileTypes: true }).filter((one) => one.isDirectory())) {
      await removeGroup(join(folder, entry.name));
    }
    tryRemove(folder);
    swept.push(folder);
  }
  return swept;
}

/** The run may have started elsewhere than this process, in another login's scope: the whole tree is looked through. */
function groupsOf(run: string, folder: string): readonly string[] {
  const own = join(folder, 'lightv', run);
  const below = unlessGone(() => readdirSync(folder, { withFileTypes: true })) ?? [];
  const deeper = below.filter((entry) => entry.isDirectory() && entry.name !== 'lightv');
  return [...(existsSync(own) ? [own] : []), ...deeper.flatMap((entry) => groupsOf(run, join(folder, entry.name)))];
}
