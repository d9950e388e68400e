import { existsSync } from 'node:fs';
import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { connectAgent } from '../../guest/agent.ts';
import { HostFault } from '../../host/fault.ts';
import { type PipedProcess, startPiped } from '../../host/start.ts';
import { guestAgent } from '../../image/agent.ts';
import { imageTree } from '../../image/tree.ts';
import type { Disk, MicroVm, VmBackend, VmSpec } from '../../model/machine.ts';
import { mountsOf } from '../mounts.ts';
import type { FakeFaults } from './faults.ts';
import { FakeMachine } from './machine.ts';
import { mountWords, rootScript } from './root.ts';

/**
 * Machines for tests of what runs on machines: the real agent and real processes over the host's own programs, with no
 * isolation, no limits and a loopback for all their network. Never offered to users. A disk is a folder, forked by copying it.
 */
export function fakeBackend(faults: FakeFaults = {}): VmBackend {
  return {
    name: 'fake',
    isolation: 'sandbox',
    probe: async () => ({ usable: true, detail: 'no isolation at all, for tests' }),
    boot: (spec, signal) => boot(spec, faults, signal),
  };
}

async function boot(spec: VmSpec, faults: FakeFaults, signal: AbortSignal): Promise<MicroVm> {
  signal.throwIfAborted();
  const bound = AbortSignal.any([signal, AbortSignal.timeout(spec.bootDeadline)]);
  await scriptedBoot(faults, bound, signal);
  const agent = await guestAgent();
  const mounts = mountsOf(spec);
  const trees = await Promise.all(mounts.tools.map(({ image }) => imageTree(image, signal)));
  const disk = await makeFolder(spec);
  const process = start(spec, disk, agent, mountWords(mounts, trees));
  let words = '';
  process.stderr.on('data', (chunk: Buffer) => {
    words = `${words}${chunk}`.slice(-4096);
  });
  try {
    const guest = await connectAgent(process.line, { hostname: spec.hostname }, bound);
    return new FakeMachine(spec, disk, guest, process);
  } catch (error) {
    process.kill();
    await process.ended;
    await rm(disk.path, { recursive: true, force: true });
    signal.throwIfAborted();
    throw new HostFault('start a fake machine', words.trim() || error);
  }
}

async function scriptedBoot(faults: FakeFaults, bound: AbortSignal, signal: AbortSignal): Promise<void> {
  if (faults.boot === 'fail') {
    throw new HostFault('boot a fake machine', 'it was told to fail');
  }
  if (faults.boot === 'hang') {
    await new Promise((resolve) => bound.addEventListener('abort', resolve, { once: true }));
    signal.throwIfAborted();
    throw new HostFault('boot a fake machine', 'it was told to hang, and its deadline passed');
  }
}

async function makeFolder(spec: VmSpec): Promise<Disk> {
  const path = `${spec.disk.path}.folder`;
  const { parent } = spec.disk;
  if (parent === undefined) {
    await mkdir(join(path, 'folders'), { recursive: true });
    await mkdir(join(path, 'root'));
  } else if (existsSync(parent.path)) {
    await cp(parent.path, path, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  } else {
    throw new Error(`the parent disk ${parent.path} of machine ${spec.id} does not exist`);
  }
  return { path, format: 'holder', size: parent?.size ?? spec.disk.size };
}

function start(spec: VmSpec, disk: Disk, agent: string, mounts: readonly string[]): PipedProcess {
  const apart = ['--user', '--map-root-user', '--uts', '--pid', '--net', '--mount', '--propagation', 'private'];
  const shell = ['sh', '-c', rootScript, 'machine', disk.path, agent, spec.hostname, ...mounts];
  return startPiped(['unshare', ...apart, '--fork', '--kill-child=KILL', ...shell], spec.run);
}
