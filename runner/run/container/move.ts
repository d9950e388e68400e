import { StepFailure } from '../ending.ts';
import type { StepAttempt } from '../guest-command.ts';
import type { HeldMachine } from '../held-machine.ts';
import { shownLeftovers } from '../leftovers.ts';
import type { JobScene } from '../scene.ts';
import { takeMachine } from '../step-machine.ts';
import type { MachineKind } from './machine-kind.ts';

/**
 * Has the rest of a step run in a machine of another kind, with the disk as it is now. Each command of an action's image
 * gets a fresh one, as each is a container of its own. Throws a `StepFailure` where the step's machine cannot be left.
 */
export async function moveTo(scene: JobScene, at: StepAttempt, kind: MachineKind): Promise<void> {
  if (fits(at.held, kind)) {
    return;
  }
  await checkLeave(scene, at, kind);
  const parent = at.held.leaves;
  await at.held.give();
  at.moves += 1;
  at.held = await takeMachine(scene, at.step, { ...at.origin, parent, move: at.moves }, at.stop.signal, kind);
  scene.disks.leave(at.step.id, at.held.leaves);
}

function fits({ use, wish, used }: HeldMachine, kind: MachineKind): boolean {
  return kind.role === 'steps' ? use.role === 'steps' : use.role === 'action' && wish.reference === kind.image && !used;
}

/** A disk is one machine's: what still runs on it would be cut off. What an action's container leaves ends with it. */
async function checkLeave({ graph }: JobScene, { step, held, stop }: StepAttempt, kind: MachineKind): Promise<void> {
  const what =
    kind.role === 'action' ? `${kind.image} takes a machine of its own` : 'what follows takes another machine';
  if (graph.companions(step.id).length > 0) {
    throw new StepFailure('not-started', `${what}, and the step shares this one with steps in the background`);
  }
  if (held.use.role === 'action') {
    return;
  }
  stop.signal.throwIfAborted();
  const left = shownLeftovers(await held.vm.left());
  if (left !== undefined) {
    throw new StepFailure('not-started', `${what}, and the disk cannot leave this one, which holds ${left}`);
  }
}
