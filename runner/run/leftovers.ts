import { causeText } from '../host/fault.ts';
import type { Leftovers } from '../model/machine.ts';
import type { PlannedStep } from '../model/plan.ts';
import type { LastMachine } from './closing.ts';
import { machineKind } from './container/machine-kind.ts';
import type { End } from './ending.ts';
import type { HeldMachine } from './held-machine.ts';
import type { JobScene } from './scene.ts';

/**
 * The step that goes on with this one's machine, by the job's policy, or `undefined` when the machine is to go. `next`:
 * the steps about to start. Says in the log what is kept, or stopped. `fresh` keeps nothing; `auto` keeps a machine with
 * something left in it for the one step that needs it and nothing else; `kept` keeps it for whatever comes next.
 */
export async function inheritorOf(
  scene: JobScene,
  { step, held }: LastMachine,
  end: End,
  next: readonly PlannedStep[],
): Promise<PlannedStep | undefined> {
  // What an action's container left ends with it.
  if (end.reason === 'guest-lost' || end.reason === 'host-fault' || held.gone || held.use.role === 'action') {
    return undefined;
  }
  const policy = scene.job.machine;
  const candidate = policy === 'kept' ? next[0] : policy === 'auto' ? heirAmong(scene, step, next) : undefined;
  const suits = candidate !== undefined && held.suits(candidate) && machineKind(scene, candidate).role === 'steps';
  const heir = suits ? candidate : undefined;
  if (policy === 'kept' && heir !== undefined) {
    return heir;
  }
  const where = { job: scene.job.id, step: step.id };
  const left = await whatIsLeft(scene, where, held);
  if (left === undefined) {
    return undefined;
  }
  await scene.report.notice(
    where,
    heir === undefined ? `stopped at the end of the step: ${left}` : keptFor(heir, left),
  );
  return heir;
}

/** The first step after this one, past those that were skipped, that hangs on it alone. */
function heirAmong({ graph, ended }: JobScene, step: PlannedStep, next: readonly PlannedStep[]) {
  let heir = graph.heir(step.id);
  while (heir !== undefined && ended.has(heir)) {
    heir = graph.heir(heir);
  }
  return next.find((each) => each.id === heir);
}

function keptFor(heir: PlannedStep, left: string): string {
  return `the machine goes on to step "${heir.id}", because it holds ${left}`;
}

async function whatIsLeft(
  scene: JobScene,
  where: { readonly job: string; readonly step: string },
  { vm }: HeldMachine,
): Promise<string | undefined> {
  try {
    return shownLeftovers(await vm.left());
  } catch (error) {
    await scene.report.notice(where, `the machine does not say what is left in it: ${causeText(error)}`, 'warning');
    return undefined;
  }
}

/** "process sleep (12), mount /mnt"; `undefined` when nothing is left. */
export function shownLeftovers({ processes, mounts, network }: Leftovers): string | undefined {
  const all = [
    ...processes.map(({ pid, name }) => `process ${name} (${pid})`),
    ...mounts.map((mount) => `mount ${mount}`),
    ...network.map((each) => `network ${each}`),
  ];
  const [most, more] = [all.slice(0, 10), all.length - 10];
  return all.length === 0 ? undefined : `${most.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
