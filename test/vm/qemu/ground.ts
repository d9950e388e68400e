import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { openImage } from '../../../runner/image/open.ts';
import type { Command, MicroVm, VmSpec } from '../../../runner/model/machine.ts';

/** A folder for one test's machines and a run id that nobody else has. */
export interface Ground {
  readonly run: string;
  readonly scratch: string;
  spec(id: string, changes?: Partial<VmSpec>): Promise<VmSpec>;
}

export async function onGround(body: (ground: Ground) => Promise<void>): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'lv-'));
  const run = basename(scratch).toLowerCase();
  const spec = async (id: string, changes: Partial<VmSpec> = {}): Promise<VmSpec> => ({
    ...{ id, run, scratch, image: await openImage('busybox') },
    limits: { cpu: 1, memory: 128 * 1024 ** 2, processes: 100 },
    required: [],
    disk: { path: join(scratch, id), size: 256 * 1024 ** 2 },
    network: { kind: 'none' },
    ports: [],
    tools: [],
    folders: ['/workspace', '/tmp', '/root'],
    binds: [],
    hostname: id,
    bootDeadline: 90_000,
    ...changes,
  });
  try {
    await body({ run, scratch, spec });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Pids of living processes that carry the run's id. */
export async function processesOf(run: string): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const carry = async (pid: string) => {
    try {
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1');
      return environment.split('\0').includes(`LIGHTV_RUN=${run}`);
    } catch {
      // It went away while we looked.
      return false;
    }
  };
  const found = await Promise.all(pids.map(async (pid) => ((await carry(pid)) ? [Number(pid)] : [])));
  return found.flat();
}

function shell(script: string): Command {
  return {
    argv: ['/bin/sh', '-c', script],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    cwd: '/workspace',
    grace: 1000,
  };
}

/** Runs a script to its end; what it printed on both streams. `onText` is called with all of it so far. */
export async function run(vm: MicroVm, script: string, onText: (text: string) => void = () => {}) {
  let text = '';
  const sink = {
    write: async (_: string, chunk: Uint8Array) => {
      text += Buffer.from(chunk).toString();
      onText(text);
    },
  };
  const exit = await vm.exec(shell(script), sink, new AbortController().signal);
  return { exit, text };
}
