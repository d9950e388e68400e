import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectAgent, type GuestAgent } from '../../guest/agent.ts';
import { type Cgroup, openCgroup } from '../../host/cgroup.ts';
import { causeText, HostFault } from '../../host/fault.ts';
import type { NetworkSpace } from '../../host/netns.ts';
import { seccompProgram } from '../../host/seccomp.ts';
import { type PipedProcess, startPiped } from '../../host/start.ts';
import { guestAgent } from '../../image/agent.ts';
import { imageTree } from '../../image/tree.ts';
import type { MachineLimits, MicroVm, VmSpec } from '../../model/machine.ts';
import { mountsOf } from '../mounts.ts';
import { sandboxArguments } from './chain.ts';
import { type Ground, type GroundDisk, type GroundOptions, openGround } from './ground.ts';
import { SandboxVm } from './machine.ts';
import type { Networks } from './networks.ts';

/** Tasks of a sandbox that are not the guest's: bwrap's watcher and the init. */
const ownTasks = 2;

type Undo = (() => Promise<unknown>)[];

/** Boots a sandbox; the contract is `VmBackend.boot`'s. A `HostFault` holds what the start of it said. */
export async function bootSandbox(
  spec: VmSpec,
  signal: AbortSignal,
  networks: Networks,
  options: GroundOptions = {},
): Promise<MicroVm> {
  signal.throwIfAborted();
  checkSpec(spec);
  const mounts = mountsOf(spec);
  const undo: Undo = [];
  const release = () => unwind(undo);
  let made: GroundDisk | undefined;
  try {
    const [init, tree, ground] = await Promise.all([guestAgent(), imageTree(spec.image, signal), openGround(options)]);
    made = await ground.makeDisk(spec.disk, spec.run, signal);
    const { disk, mount, enter, settled } = made;
    const base = await makeBase(spec, undo);
    const group = openGroup(spec, undo);
    const network = await openedNetwork(spec, ground, networks, signal, undo);
    const toolTrees = await Promise.all(mounts.tools.map((tool) => imageTree(tool.image, signal)));
    const asRoot = ground.owner === undefined;
    signal.throwIfAborted();
    undo.push(settled);
    const process = startPiped(
      sandboxArguments({
        ...{ base, disk: disk.path, mount, tree, init, userSpace: ground.guest, groups: group.entries },
        ...{ mounts, toolTrees },
        ...{ hostname: spec.hostname, network: spec.network.kind, run: spec.run },
        ...{ enter: [...enter, ...(asRoot ? [] : (network?.enter ?? []))], resolvConf: network?.resolvConf ?? '' },
        ...{ networkSpace: asRoot ? (network?.file ?? '') : '' },
      }),
      spec.run,
      asRoot,
    );
    undo.push(() => end(process, group));
    const agent = await greet(process, spec, signal);
    return new SandboxVm(spec.id, disk, { process, agent, group }, release);
  } catch (error) {
    await release();
    await made?.remove();
    throw error;
  }
}

function checkSpec(spec: VmSpec): void {
  if (spec.network.kind === 'allow') {
    throw new HostFault(`boot the sandbox ${spec.id}`, 'a list of allowed hosts is not built yet');
  }
  if (spec.ports.length > 0) {
    throw new HostFault(`boot the sandbox ${spec.id}`, 'ports cannot be mapped yet');
  }
}

async function unwind(undo: Undo): Promise<void> {
  const failures: unknown[] = [];
  for (let step = undo.pop(); step !== undefined; step = undo.pop()) {
    await step().catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) {
    throw failures[0];
  }
}

async function makeBase(spec: VmSpec, undo: Undo): Promise<string> {
  const base = join(spec.scratch, spec.id);
  undo.push(() => rm(base, { recursive: true, force: true }));
  try {
    await mkdir(join(base, 'disk'), { recursive: true, mode: 0o700 });
    await mkdir(join(base, 'root'));
    await mkdir(join(base, 'empty'));
    await writeFile(join(base, 'filter'), seccompProgram(spec.image.arch));
  } catch (error) {
    throw new HostFault(`make the folder ${base}`, error);
  }
  return base;
}

function openGroup(spec: VmSpec, undo: Undo): Cgroup {
  const group = openCgroup(spec.run, spec.id, { ...spec.limits, processes: spec.limits.processes + ownTasks });
  undo.push(() => group.remove());
  const missing = spec.required.find((name: keyof MachineLimits) => !group.report[name].bound);
  if (missing !== undefined) {
    const report = group.report[missing];
    throw new HostFault(`bind the limit of ${missing} of a sandbox`, report.bound ? undefined : report.reason);
  }
  return group;
}

async function openedNetwork(
  spec: VmSpec,
  ground: Ground,
  networks: Networks,
  signal: AbortSignal,
  undo: Undo,
): Promise<NetworkSpace | undefined> {
  if (spec.network.kind === 'none') {
    return undefined;
  }
  const owner = ground.owner === undefined ? {} : { space: ground.owner };
  const network = await networks.take({ run: spec.run, signal, ...owner });
  undo.push(() => networks.give(spec.run, network));
  return network;
}

async function end(process: PipedProcess, group: Cgroup): Promise<void> {
  group.kill();
  process.kill();
  await process.ended;
}

async function greet(process: PipedProcess, spec: VmSpec, signal: AbortSignal): Promise<GuestAgent> {
  let words = '';
  process.stderr.on('data', (chunk) => {
    words = `${words}${chunk}`.slice(-2000);
  });
  const late = AbortSignal.timeout(spec.bootDeadline);
  try {
    return await connectAgent(process.line, { hostname: spec.hostname }, AbortSignal.any([signal, late]));
  } catch (error) {
    signal.throwIfAborted();
    process.kill();
    const ended = await process.ended;
    const why = late.aborted ? `no hello within ${spec.bootDeadline / 1000} s` : `it ${ended}, ${causeText(error)}`;
    throw new HostFault('boot a sandbox', words.trim() === '' ? why : `${why}: ${words.trim()}`);
  }
}
