import { createHash } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { causeText, HostFault } from '../host/fault.ts';
import { makeFolder } from '../host/in-place.ts';
import { cacheFolder, packageRoot } from '../host/paths.ts';
import { runProgram } from '../host/process.ts';

const compiler = 'gcc';
const flags = ['-static', '-Os', '-s', '-std=c11', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Werror'] as const;

/** Every boot asks; a process works with the sources it started with. */
let digestOfSources: Promise<string> | undefined;

/**
 * The path of the guest's init, a static program, built from `images/init` when the cache has none of these sources.
 * Safe to call from several processes at once. Throws a `HostFault` with the compiler's own words.
 */
export async function guestAgent(options: { onProgress?: (text: string) => void } = {}): Promise<string> {
  const sources = join(packageRoot(), 'images', 'init');
  digestOfSources ??= digest(sources);
  const folder = join(cacheFolder(), 'agents', await digestOfSources);
  const file = join(folder, 'init');
  if (await exists(file)) {
    return file;
  }
  options.onProgress?.("building the guest's init");
  try {
    await makeFolder(join(cacheFolder(), 'agents'));
    return await build(sources, folder);
  } catch (error) {
    throw error instanceof HostFault ? error : new HostFault("build the guest's init", error);
  }
}

async function build(sources: string, folder: string): Promise<string> {
  const temporary = await mkdtemp(`${folder}.`);
  try {
    const made = join(temporary, 'init');
    const files = (await readdir(sources)).filter((name) => name.endsWith('.c')).sort();
    await runProgram("build the guest's init", [compiler, ...flags, '-o', made, ...files], { cwd: sources });
    await chmod(temporary, 0o755);
    await chmod(made, 0o755);
    await publish(temporary, folder);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return join(folder, 'init');
}

/** Another process may have been faster with the same sources: then its result is as good. */
async function publish(temporary: string, folder: string): Promise<void> {
  try {
    await rename(temporary, folder);
  } catch (error) {
    if (!(await exists(join(folder, 'init')))) {
      throw new HostFault(`keep the guest's init in ${folder}`, causeText(error));
    }
  }
}

async function digest(sources: string): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([compiler, process.arch, ...flags]));
  const names = (await readdir(sources)).filter((name) => /\.[ch]$/.test(name)).sort();
  for (const name of names) {
    hash.update(`\0${name}\0`).update(await readFile(join(sources, name)));
  }
  return hash.digest('hex');
}

async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return false;
    }
    throw new HostFault(`read ${file}`, error);
  }
}
