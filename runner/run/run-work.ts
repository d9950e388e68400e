import { isBuiltIn } from '../plan/actions.ts';
import { StepFailure } from './ending.ts';
import type { StepAttempt } from './guest-command.ts';
import { runCheckout } from './run-checkout.ts';
import { type Ran, runScript } from './run-script.ts';
import type { JobScene } from './scene.ts';

/** Runs what a step does, on a machine whose disk is ready. Rejects when it could not be started. */
export async function runWork(scene: JobScene, at: StepAttempt): Promise<Ran> {
  const { work } = at.step;
  if (work.kind === 'script') {
    return await runScript(scene, at, work);
  }
  if (isBuiltIn(work)) {
    return await runCheckout(scene, at, work);
  }
  throw new StepFailure('not-started', `the action '${work.uses.text}' cannot be run yet`);
}
