import { existsSync } from 'node:fs';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type DownloadOptions, downloadPackages, unpackPackage } from '../host/apt.ts';
import { sha256 } from '../host/digest.ts';
import { HostFault } from '../host/fault.ts';
import { runProgram } from '../host/process.ts';

/** Where a kernel comes from before it is prepared. */
export interface KernelSource {
  readonly version: string;
  readonly vmlinuz: string;
  /** Its `/lib/modules/<version>` folder. */
  readonly modules: string;
}

const debianKernel = 'linux-image-cloud-amd64';
const ownKernel = 'or set LIGHTV_KERNEL to a kernel image and LIGHTV_KERNEL_MODULES to its modules folder';

/** The kernel that `LIGHTV_KERNEL` and `LIGHTV_KERNEL_MODULES` name; `undefined` when they do not. */
export function namedKernel(): KernelSource | undefined {
  const vmlinuz = process.env.LIGHTV_KERNEL;
  if (vmlinuz === undefined || vmlinuz === '') {
    return undefined;
  }
  const version = basename(vmlinuz).replace(/^(vmlinuz|bzImage|vmlinux)-?/, '');
  return { version, vmlinuz, modules: process.env.LIGHTV_KERNEL_MODULES ?? join('/lib/modules', version) };
}

/** A short name that changes when the named kernel's file or modules do, fit for a folder. Rejects with a `HostFault`. */
export async function namedKernelId(source: KernelSource): Promise<string> {
  try {
    const [kernel, modules] = [await stat(source.vmlinuz), await stat(source.modules)];
    const facts = [source.vmlinuz, kernel.size, kernel.mtimeMs, source.modules, modules.mtimeMs];
    return `named-${sha256(facts.join('\n')).slice(0, 12)}`;
  } catch (error) {
    throw new HostFault('find the kernel of LIGHTV_KERNEL and its modules (LIGHTV_KERNEL_MODULES)', error);
  }
}

/** Downloads Debian's cloud kernel into `folder` and unpacks it there; nothing is installed. Rejects with a `HostFault`. */
export async function fetchDebianKernel(folder: string, options: DownloadOptions): Promise<KernelSource> {
  try {
    const name = await realPackage(join(folder, 'meta'), options);
    const unpacked = join(folder, 'unpacked');
    await mkdir(unpacked);
    await unpackPackage(await download(name, join(folder, 'package'), options), unpacked, options.signal);
    const version = name.replace('linux-image-', '');
    return {
      version,
      vmlinuz: join(unpacked, 'boot', `vmlinuz-${version}`),
      modules: modulesOf(unpacked, version),
    };
  } catch (error) {
    options.signal?.throwIfAborted();
    const hint = `get Debian's guest kernel (apt-get update && apt-get download ${debianKernel}; ${ownKernel})`;
    throw new HostFault(hint, error);
  }
}

/** Merged-/usr packages keep modules in /usr/lib. */
function modulesOf(unpacked: string, version: string): string {
  const places = [join(unpacked, 'lib/modules', version), join(unpacked, 'usr/lib/modules', version)];
  const found = places.find((place) => existsSync(place));
  if (found === undefined) {
    throw new HostFault("find the kernel's modules", `the package has none for ${version}`);
  }
  return found;
}

/** The package of that name is empty and depends on the one that holds the kernel. */
async function realPackage(folder: string, options: DownloadOptions): Promise<string> {
  const file = await download(debianKernel, folder, options);
  const field = await runProgram('read the kernel package', ['dpkg-deb', '--field', file, 'Depends']);
  const name = /linux-image-[\w.+-]+/.exec(field.stdout)?.[0];
  if (name === undefined) {
    throw new HostFault('find the kernel package', `${debianKernel} depends on "${field.stdout}"`);
  }
  return name;
}

async function download(name: string, folder: string, options: DownloadOptions): Promise<string> {
  await mkdir(folder);
  const [file] = await downloadPackages([name], folder, options);
  if (file === undefined) {
    throw new HostFault(`download ${name}`, 'no file came');
  }
  return file;
}

/** The kernel image's bytes; a `HostFault` says what to do when they are not for us to read, as on Ubuntu. */
export async function readKernel(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new HostFault(`read the kernel ${path} (it must be readable: copy it, or chmod +r)`, error);
  }
}
