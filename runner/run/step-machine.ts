import { WrongInput } from '../host/fault.ts';
import type { DiskSpec, MachineChoice } from '../model/machine.ts';
import type { PlannedStep } from '../model/plan.ts';
import { hostsFile } from './container/hosts-file.ts';
import { type MachineKind, machineKind } from './container/machine-kind.ts';
import { defaultDisk, diskPath, type StepDisk } from './disks.ts';
import type { HeldMachine } from './held-machine.ts';
import { insideAction, insideOf } from './inside.ts';
import type { MachineRequest } from './machine-request.ts';
import type { JobScene } from './scene.ts';
import { packFiles } from './tar.ts';
import { workPlace } from './work.ts';

/** Where a step's machine gets its disk from, and what the disk is called. */
export interface DiskOrigin {
  readonly parent: StepDisk | undefined;
  /** Position of the step in its job; one past the last for the job's closing work. */
  readonly index: number;
  readonly attempt: number;
  /** Counts the machines that parts of the step moved to. */
  readonly move?: number;
}

/** A machine of a step's own, with a new disk or a fork. Rejects as `Machines.take` does. */
export async function takeMachine(
  scene: JobScene,
  step: PlannedStep,
  origin: DiskOrigin,
  signal: AbortSignal,
  kind = machineKind(scene, step),
): Promise<HeldMachine> {
  const { run, job, disks } = scene;
  const held = await run.machines.take(
    {
      step,
      ...machineFor(scene, step, kind),
      hostname: scene.container?.planned.options.hostname ?? `${job.jobId}-${step.id}`,
      order: scene.index,
      tools: kind.role === 'steps' ? scene.tools : [],
      ...(scene.services === undefined ? {} : { queue: scene.services.queue }),
      disk: (choice) => diskSpec(scene, step, origin, choice),
      onPlace: async (choice) => {
        await scene.begin();
        await tellChoice(scene, choice);
      },
    },
    signal,
  );
  disks.made(held.vm.disk, origin.parent?.disk);
  return await furnished(held, scene, signal);
}

/** A machine with what it is to find besides what is on its disk. It is given back when that fails. */
async function furnished(
  held: HeldMachine,
  { container, serving, services }: JobScene,
  signal: AbortSignal,
): Promise<HeldMachine> {
  const hosts = [...(container?.planned.options.hosts ?? []), ...(services?.hosts ?? [])];
  try {
    await serving.listen(held.vm);
    if (hosts.length > 0) {
      await held.vm.copyIn(packFiles([{ name: 'hosts', text: hostsFile(held.hostname, hosts) }]), '/etc', signal);
    }
    await services?.reachFrom(held);
    return held;
  } catch (error) {
    await held.give();
    throw error;
  }
}

/** The job's own machine, of its container, where it has one; or one of an action's image. */
function machineFor(scene: JobScene, step: PlannedStep, kind: MachineKind): Pick<MachineRequest, 'image' | 'use'> {
  const { container } = scene;
  if (kind.role === 'action') {
    const use = { role: 'action', user: 'of-image', env: {}, inside: insideAction(scene) } as const;
    return { image: { reference: kind.image }, use };
  }
  const inside = insideOf(scene);
  if (container === undefined) {
    return { image: { reference: step.image }, use: { role: 'steps', env: {}, inside } };
  }
  const { credentials, env, planned } = container;
  return {
    image: { reference: step.image, ...(credentials === undefined ? {} : { credentials }) },
    use: { role: 'steps', user: planned.options.user ?? 'of-image', env, inside },
  };
}

function diskSpec(scene: JobScene, step: PlannedStep, origin: DiskOrigin, { isolation }: MachineChoice): DiskSpec {
  const { parent, index, attempt, move } = origin;
  const path = diskPath(
    scene.run.services.disks,
    scene.number,
    index,
    move === undefined ? `${attempt}` : `${attempt}-${move}`,
  );
  if (parent === undefined) {
    return { path, size: scene.job.disk ?? defaultDisk };
  }
  if (parent.isolation === 'microvm' && isolation !== 'microvm') {
    // A guest with a kernel of its own may have written anything to its disk; the host's kernel must not mount that.
    const message = `step "${step.id}" runs at ${isolation}, but it goes on with a disk that a microVM wrote; run it at microvm, or give it needs: []`;
    throw new WrongInput([{ message, place: workPlace(step.work) }]);
  }
  return { path, size: parent.disk.size, parent: parent.disk };
}

/** Says which level was taken and why, once a run for each reason. */
async function tellChoice({ run, report }: JobScene, choice: MachineChoice): Promise<void> {
  if (!run.told.has(choice.reason)) {
    run.told.add(choice.reason);
    await report.notice({}, choice.reason, choice.fallback ? 'warning' : 'info');
  }
}
