import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { attempt } from '../host/attempt.ts';
import { sha256 } from '../host/digest.ts';
import { writeWhole } from '../host/in-place.ts';
import { guestAgent } from './agent.ts';
import { type CpioEntry, cpioArchive } from './cpio.ts';

/**
 * The first root file system of a machine, as images/init/PROTOCOL.md lays it out: the agent as `/init`, and in
 * `/modules` the kernel's modules with the order to load them in. Kept in `folder` by the digest of what is in it.
 */
export async function guestInitrd(
  folder: string,
  modules: readonly string[],
): Promise<{ readonly path: string; readonly digest: string }> {
  const archive = cpioArchive(await attempt("read the parts of the guest's initrd", () => entries(folder, modules)));
  const digest = sha256(archive);
  const path = join(folder, `initrd-${digest.slice(0, 16)}`);
  if (!existsSync(path)) {
    await writeWhole(path, archive);
  }
  return { path, digest };
}

async function entries(folder: string, modules: readonly string[]): Promise<readonly CpioEntry[]> {
  const agent = await guestAgent();
  const files = await Promise.all(
    modules.map(async (name) => ({
      name: `modules/${name}.ko`,
      mode: 0o644,
      contents: await readFile(join(folder, 'modules', `${name}.ko`)),
    })),
  );
  const order = modules.map((name) => `${name}.ko\n`).join('');
  return [
    { name: 'init', mode: 0o755, contents: await readFile(agent) },
    { name: 'dev', mode: 0o755 },
    { name: 'modules', mode: 0o755 },
    { name: 'modules/order', mode: 0o644, contents: Buffer.from(order) },
    ...files,
  ];
}
