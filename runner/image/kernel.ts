import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { attempt } from '../host/attempt.ts';
import { sha256 } from '../host/digest.ts';
import { makeFolder, putInPlace, writeWhole } from '../host/in-place.ts';
import { withLock } from '../host/lock.ts';
import { cacheFolder } from '../host/paths.ts';
import { guestInitrd } from './initramfs.ts';
import { readModules } from './kernel-modules.ts';
import { fetchDebianKernel, type KernelSource, namedKernel, namedKernelId, readKernel } from './kernel-source.ts';
import { vmlinuxOf } from './vmlinux.ts';

export interface GuestKernel {
  /** What a machine boots: an ELF kernel with a PVH entry where it could be unpacked, else the bzImage. */
  readonly vmlinuz: string;
  readonly initrd: string;
  readonly version: string;
  /** 64 hex digits over the kernel and the initrd. */
  readonly digest: string;
}

export interface GuestKernelOptions {
  readonly onProgress?: (line: string) => void;
  /** Stops the fetching; rejects with its reason. */
  readonly signal?: AbortSignal;
  /** The initrd also has the network driver's modules, which take a while to load. */
  readonly network?: boolean;
}

/** What is written beside a prepared kernel. */
interface PreparedKernel {
  readonly version: string;
  readonly digest: string;
  readonly kernel: string;
  /** Names in the order of loading. */
  readonly machine: readonly string[];
  readonly network: readonly string[];
}

const machineModules = ['virtio_mmio', 'virtio_console', 'virtio_blk', 'virtio_rng', 'squashfs', 'overlay', 'ext4'];
const networkModules = ['virtio_net'];

/**
 * The kernel and initrd that guests boot with: those of `LIGHTV_KERNEL`, else Debian's cloud kernel, fetched on first
 * need (27 MB) and kept in the cache; nothing is installed on the host. Later calls take about 10 ms. Safe with several
 * processes at once. Rejects with a `HostFault` that says what is missing and how to get it.
 */
export async function guestKernel(options: GuestKernelOptions = {}): Promise<GuestKernel> {
  const folder = await preparedFolder(options.onProgress ?? (() => {}), options.signal);
  const prepared = await readPrepared(folder);
  const network = options.network === true;
  const order = [...prepared.machine, ...(network ? prepared.network : [])];
  const initrd = await guestInitrd(folder, order);
  const digest = sha256(`${prepared.digest}\n${initrd.digest}`);
  return { vmlinuz: join(folder, prepared.kernel), initrd: initrd.path, version: prepared.version, digest };
}

/** True when `guestKernel` need not fetch or prepare a kernel. */
export async function haveGuestKernel(): Promise<boolean> {
  return (await knownFolder()) !== undefined;
}

async function preparedFolder(onProgress: (line: string) => void, signal?: AbortSignal): Promise<string> {
  const known = await knownFolder();
  if (known !== undefined) {
    return known;
  }
  const kernels = join(cacheFolder(), 'kernels');
  await makeFolder(kernels);
  const onWait = () => onProgress('waiting for another LightV that prepares the guest kernel');
  return withLock(
    join(kernels, 'lock'),
    async () => (await knownFolder()) ?? (await prepare(kernels, onProgress, signal)),
    { onWait, ...(signal ? { signal } : {}) },
  );
}

/** The Debian kernel's folder is named by its version, which only the pointer file knows without asking apt. */
async function knownFolder(): Promise<string | undefined> {
  const kernels = join(cacheFolder(), 'kernels');
  const named = namedKernel();
  const pointer = join(kernels, 'debian');
  const name = await attempt('read the cache of kernels', async () => {
    if (named !== undefined) {
      return namedKernelId(named);
    }
    return existsSync(pointer) ? readFile(pointer, 'utf8') : undefined;
  });
  const folder = name === undefined ? undefined : join(kernels, name);
  return folder !== undefined && existsSync(join(folder, 'kernel.json')) ? folder : undefined;
}

async function prepare(kernels: string, onProgress: (line: string) => void, signal?: AbortSignal): Promise<string> {
  const named = namedKernel();
  if (named !== undefined) {
    const folder = join(kernels, await namedKernelId(named));
    await putInPlace(folder, (temporary) => keepParts(named, temporary));
    return folder;
  }
  const fetched = join(kernels, 'fetching');
  try {
    await rm(fetched, { recursive: true, force: true });
    await makeFolder(fetched);
    const source = await fetchDebianKernel(fetched, { onProgress, ...(signal ? { signal } : {}) });
    onProgress(`preparing the guest kernel ${source.version}`);
    const folder = join(kernels, source.version);
    await rm(folder, { recursive: true, force: true });
    await putInPlace(folder, (temporary) => keepParts(source, temporary));
    await writeWhole(join(kernels, 'debian'), source.version);
    return folder;
  } finally {
    await rm(fetched, { recursive: true, force: true });
  }
}

/** Keeps the kernel, unpacked if possible, and the few modules a machine needs out of the many there are. */
async function keepParts(source: KernelSource, folder: string): Promise<void> {
  const packed = await readKernel(source.vmlinuz);
  const unpacked = await vmlinuxOf(packed);
  const kernel = unpacked === undefined ? 'vmlinuz' : 'vmlinux';
  const machine = await readModules(source.modules, machineModules);
  const both = await readModules(source.modules, [...machineModules, ...networkModules]);
  await mkdir(join(folder, 'modules'), { recursive: true });
  await writeFile(join(folder, kernel), unpacked ?? packed);
  for (const module of both) {
    await writeFile(join(folder, 'modules', `${module.name}.ko`), module.bytes);
  }
  const prepared: PreparedKernel = {
    version: source.version,
    digest: sha256(unpacked ?? packed),
    kernel,
    machine: machine.map(({ name }) => name),
    network: both.slice(machine.length).map(({ name }) => name),
  };
  await writeFile(join(folder, 'kernel.json'), JSON.stringify(prepared));
}

function readPrepared(folder: string): Promise<PreparedKernel> {
  return attempt("read the guest kernel's description", async () => {
    return JSON.parse(await readFile(join(folder, 'kernel.json'), 'utf8')) as PreparedKernel;
  });
}
