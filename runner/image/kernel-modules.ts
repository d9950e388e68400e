import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { HostFault } from '../host/fault.ts';
import { unpack } from './unpack.ts';

/** A kernel module, unpacked. `name` is its file's name without the suffix. */
export interface KernelModule {
  readonly name: string;
  readonly bytes: Buffer;
}

/**
 * Reads modules and all they depend on from a `/lib/modules/<version>` folder, in an order in which they can be loaded.
 * Those built into the kernel are left out. The dependencies are read from the modules themselves, since packages that
 * were never installed have no modules.dep. Rejects with a `HostFault` naming modules the kernel does not have.
 */
export async function readModules(folder: string, wanted: readonly string[]): Promise<readonly KernelModule[]> {
  const collector = new Collector(await moduleFiles(folder), await builtIn(folder));
  for (const name of wanted) {
    await collector.add(name, true);
  }
  if (collector.missing.length > 0) {
    throw new HostFault('prepare the guest kernel', `${folder} has no module ${collector.missing.join(', ')}`);
  }
  return collector.modules;
}

class Collector {
  readonly modules: KernelModule[] = [];
  readonly missing: string[] = [];
  readonly #files: ReadonlyMap<string, string>;
  readonly #seen: Set<string>;

  constructor(files: ReadonlyMap<string, string>, builtIn: Iterable<string>) {
    this.#files = files;
    this.#seen = new Set(builtIn);
  }

  /** Puts what a module depends on before the module. */
  async add(name: string, must: boolean): Promise<void> {
    const plain = plainName(name);
    if (this.#seen.has(plain)) {
      return;
    }
    this.#seen.add(plain);
    const file = this.#files.get(plain);
    if (file === undefined) {
      if (must) {
        this.missing.push(name);
      }
      return;
    }
    const bytes = await unpack(await readFile(file));
    const { depends, before } = modinfo(bytes);
    for (const other of depends) {
      await this.add(other, true);
    }
    for (const other of before) {
      await this.add(other, false);
    }
    this.modules.push({ name: plain, bytes });
  }
}

/** What a module says of itself in its NUL-separated `.modinfo` section; soft dependencies may be absent. */
function modinfo(bytes: Buffer): { readonly depends: readonly string[]; readonly before: readonly string[] } {
  const text = bytes.toString('latin1');
  const depends = /\0depends=([^\0]*)\0/.exec(text)?.[1] ?? '';
  const before = [...text.matchAll(/\0softdep=pre: ([^\0]*?)(?:post:[^\0]*)?\0/g)].flatMap((match) =>
    (match[1] ?? '').split(' '),
  );
  return { depends: depends.split(',').filter(Boolean), before: before.filter(Boolean) };
}

async function moduleFiles(folder: string): Promise<ReadonlyMap<string, string>> {
  try {
    const files = await readdir(join(folder, 'kernel'), { recursive: true });
    const modules = files.filter((file) => /\.ko(\.(xz|zst|gz))?$/.test(file));
    return new Map(modules.map((file) => [plainName(file), join(folder, 'kernel', file)]));
  } catch (error) {
    throw new HostFault(`read the guest kernel's modules in ${folder}`, error);
  }
}

async function builtIn(folder: string): Promise<readonly string[]> {
  try {
    const list = await readFile(join(folder, 'modules.builtin'), 'utf8');
    return list.split('\n').filter(Boolean).map(plainName);
  } catch (error) {
    throw new HostFault("read the list of the guest kernel's built-in modules", error);
  }
}

/** Files say `virtio-rng.ko`, the kernel says `virtio_rng`. */
function plainName(file: string): string {
  return basename(file)
    .replace(/\.ko(\.\w+)?$/, '')
    .replaceAll('-', '_');
}
