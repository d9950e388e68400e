import type { PlannedStep } from '../model/plan.ts';
import { restoreCaches } from './cache.ts';
import { checkOut } from './checkout.ts';
import type { HeldMachine } from './held-machine.ts';
import { ownFolders, work } from './inside.ts';
import type { JobScene } from './scene.ts';
import { workspace } from './services.ts';
import { packFolders } from './tar.ts';

/**
 * Makes a machine's new disk what the step is to find: a disk without a parent gets checkout and caches, a step with
 * several needs gets their artifacts, in the order of its needs.
 */
export async function fillDisk(
  scene: JobScene,
  step: PlannedStep,
  { vm, user, use }: HeldMachine,
  signal: AbortSignal,
): Promise<void> {
  if (scene.disks.before(step.id) === undefined) {
    if (user !== undefined && use.role === 'steps') {
      await vm.copyIn(packFolders(ownFolders(scene)), work, signal, user);
    }
    await checkOut(scene, vm, signal);
    await restoreCaches(scene, vm, signal);
  }
  if (step.needs.length < 2) {
    return;
  }
  for (const need of step.needs) {
    for (const name of scene.ended.get(need)?.exports.artifacts ?? []) {
      await vm.copyIn(scene.run.artifacts.open(name), workspace, signal);
    }
  }
}
