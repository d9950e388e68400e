import { rm } from 'node:fs/promises';
import { type Cgroup, openCgroup } from '../../host/cgroup.ts';
import { HostFault } from '../../host/fault.ts';
import { makeDisk } from '../../image/disk.ts';
import { guestKernel } from '../../image/kernel.ts';
import type { Accel, VmSpec } from '../../model/machine.ts';
import { mountsOf } from '../mounts.ts';
import { checkSpec } from './check-spec.ts';
import { QemuVm } from './machine.ts';
import { openNetwork } from './network.ts';
import { BootFailure, type BootPlan, type RunningGuest, startGuest } from './start.ts';
import { tscKilohertz } from './tsc.ts';

/**
 * Boots a machine; the contract is `VmBackend.boot`'s. A boot that hangs or dies is tried once more; a `HostFault` tells
 * why both failed, with the end of the console. A `WrongInput` for what a microVM cannot be.
 */
export async function bootQemu(
  spec: VmSpec,
  accel: Accel,
  signal: AbortSignal,
  prepareKernel: typeof guestKernel = guestKernel,
): Promise<QemuVm> {
  checkSpec(spec);
  const mounts = mountsOf(spec);
  signal.throwIfAborted();
  const undo: (() => Promise<void>)[] = [];
  const release = async () => {
    for (let step = undo.pop(); step !== undefined; step = undo.pop()) {
      await step();
    }
  };
  let ofDisk: (() => Promise<void>) | undefined;
  try {
    const group = openBounds(spec, undo);
    const kernel = await prepareKernel({ network: spec.network.kind === 'full' });
    // A fork costs next to nothing as qcow2, and an empty disk is made fastest raw.
    const disk = await makeDisk(spec.disk, spec.disk.parent === undefined ? 'raw' : 'qcow2', signal);
    ofDisk = () => rm(disk.path, { force: true });
    const plan: BootPlan = {
      ...{ spec, accel, kernel, disk, mounts },
      ...(accel === 'tcg' ? { tsc: await tscKilohertz() } : {}),
      confine: (pid) => group.add(pid),
      ...(spec.network.kind === 'full' ? await openedNetwork(spec, group, signal, undo) : {}),
    };
    const guest = await startTwice(plan, signal);
    return new QemuVm({ id: spec.id, accel, disk }, guest, release);
  } catch (error) {
    await release();
    await ofDisk?.();
    throw error;
  }
}

/** QEMU's own needs beside its guest's memory: code, translated blocks, caches. */
const overhead = 256 * 1024 ** 2;

/** Holds QEMU as a whole to the guest's CPU share, and to its memory and overhead, where a cgroup can. */
function openBounds(spec: VmSpec, undo: (() => Promise<void>)[]): Cgroup {
  const { cpu, memory } = spec.limits;
  const group = openCgroup(spec.run, spec.id, { cpu, memory: memory + overhead });
  undo.push(() => group.remove());
  if (spec.required.includes('cpu') && !group.report.cpu.bound && !Number.isInteger(cpu)) {
    throw new HostFault(`bind a microVM to ${cpu} CPUs`, `it has whole CPUs, and ${group.report.cpu.reason}`);
  }
  return group;
}

async function openedNetwork(
  spec: VmSpec,
  group: Cgroup,
  signal: AbortSignal,
  undo: (() => Promise<void>)[],
): Promise<Pick<BootPlan, 'network'>> {
  const network = await openNetwork(spec, (pid) => group.add(pid), signal);
  undo.push(() => network.close());
  return { network };
}

async function startTwice(plan: BootPlan, signal: AbortSignal): Promise<RunningGuest> {
  try {
    return await startGuest(plan, signal);
  } catch (first) {
    if (!(first instanceof BootFailure)) {
      throw first;
    }
    return await startGuest(plan, signal).catch((second: unknown) => {
      throw second instanceof BootFailure ? bootFault(first, second) : second;
    });
  }
}

function bootFault(first: BootFailure, second: BootFailure): HostFault {
  const tries =
    first.message === second.message ? `twice ${first.message}` : `${first.message}, then ${second.message}`;
  const lines = second.console.length > 0 ? second.console : first.console;
  const tail = lines.length === 0 ? 'its console stayed empty' : `its console ends with\n  ${lines.join('\n  ')}`;
  return new HostFault('boot a microVM', `${tries}; ${tail}`);
}
