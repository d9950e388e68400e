import type { PlannedStep } from '../model/plan.ts';
import { saveArtifacts } from './artifacts.ts';
import { cachesToSave, saveCaches } from './cache.ts';
import { closingContexts } from './contexts.ts';
import type { End } from './ending.ts';
import type { HeldMachine } from './held-machine.ts';
import type { JobScene } from './scene.ts';
import { takeMachine } from './step-machine.ts';

/** A machine that is still up at a job's end, and the step it ran. */
export interface LastMachine {
  readonly step: PlannedStep;
  readonly held: HeldMachine;
}

/**
 * What is done with a job's last disk when all steps have ended: its own artifacts, and caches after a success. The last
 * disk is that of the last step in the file that had one; its machine is used while it is up, else one is made. Rejects
 * as the work in it does.
 */
export async function closeJob(scene: JobScene, outcome: End['outcome'], up: LastMachine | undefined): Promise<void> {
  const specs = scene.job.artifacts;
  const due = specs.some(({ when }) => when === 'always' || (when === 'success') === (outcome === 'success'));
  const caches = outcome === 'success' && scene.job.partial !== true && (await cachesToSave(scene));
  const last = scene.job.steps.findLast((step) => scene.disks.own(step.id) !== undefined);
  if (last === undefined || !(due || caches)) {
    return;
  }
  const { signal } = scene.stop.now;
  const usable =
    up !== undefined && up.held.vm.disk.path === scene.disks.own(last.id)?.disk.path && (await isAlive(up));
  if (!usable) {
    // Its place goes back first: who holds one must not wait for another.
    await up?.held.give();
  }
  const held = usable ? up.held : await reopen(scene, last, signal);
  try {
    const scope = { contexts: closingContexts(scene) };
    await saveArtifacts(scene, { vm: held.vm, specs, outcome, scope, signal });
    if (caches) {
      await saveCaches(scene, held.vm, signal);
    }
  } finally {
    if (held !== up?.held) {
      await held.give();
    }
  }
}

/** A machine that was lost does not answer. */
async function isAlive({ held }: LastMachine): Promise<boolean> {
  return await held.vm.left().then(
    () => true,
    () => false,
  );
}

async function reopen(scene: JobScene, step: PlannedStep, signal: AbortSignal): Promise<HeldMachine> {
  const origin = { parent: scene.disks.own(step.id), index: scene.job.steps.length, attempt: 1 };
  return await takeMachine(scene, { ...step, network: { kind: 'none' } }, origin, signal);
}
