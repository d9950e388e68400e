import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ImageFile } from '../../model/image.ts';
import type { Command, MicroVm, VmBackend, VmSpec } from '../../model/machine.ts';

/** A folder for one bench, and machines made in it. */
export interface Ground {
  readonly folder: string;
  /** A spec as an ordinary step's, of its own id and disk. */
  spec(image: ImageFile): VmSpec;
  close(): Promise<void>;
}

/** Opens a folder in the temporary folder; `close` removes it with all that is in it. */
export async function openGround(): Promise<Ground> {
  const folder = await mkdtemp(join(tmpdir(), 'lvb-'));
  const run = `bench-${process.pid}`;
  await mkdir(join(folder, 'disks'));
  let made = 0;
  return {
    folder,
    spec: (image) => {
      made += 1;
      const id = `${run}-${made}`;
      return {
        id,
        run,
        scratch: folder,
        image,
        limits: { cpu: 1, memory: 256 * 1024 ** 2, processes: 512 },
        required: [],
        disk: { path: join(folder, 'disks', id), size: 1024 ** 3 },
        network: { kind: 'none' },
        ports: [],
        tools: [],
        folders: ['/workspace', '/tmp', '/root'],
        binds: [],
        hostname: 'bench',
        bootDeadline: 60_000,
      };
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

const nothing: Command = { argv: ['true'], env: { PATH: '/bin:/usr/bin' }, cwd: '/workspace', grace: 1000 };

/** What an empty step costs a backend: a machine made, `true` run in it, the machine gone. Rejects when `true` fails. */
export async function emptyStep(backend: VmBackend, spec: VmSpec): Promise<void> {
  const never = new AbortController().signal;
  const machine = await backend.boot(spec, never);
  try {
    await runTrue(machine, never);
  } finally {
    await machine.destroy();
    await rm(machine.disk.path, { force: true });
  }
}

async function runTrue(machine: MicroVm, signal: AbortSignal): Promise<void> {
  const exit = await machine.exec(nothing, { write: () => Promise.resolve() }, signal);
  if (exit.kind !== 'exited' || exit.code !== 0) {
    throw new Error(`true ended as ${JSON.stringify(exit)}`);
  }
}
