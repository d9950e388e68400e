import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { attempt } from '../host/attempt.ts';
import { WrongInput } from '../host/fault.ts';
import { makeFolder } from '../host/in-place.ts';
import type { ArtifactStore, SavedArtifact } from '../model/lease.ts';
import { artifactNameFault } from '../workflow/names.ts';
import { packFolder } from './pack.ts';
import { defaultBounds, unpack } from './unpack.ts';

/**
 * The artifacts of one run in `folder` (made when needed): one folder an artifact. With `out`, each is also copied to
 * `out/<name>/`, where an older folder of that name is replaced, but for one that is among `copied`: names that other
 * runs have put there just now. One process uses a folder at a time.
 */
export function openArtifacts(
  folder: string,
  out?: string,
  bounds = defaultBounds,
  copied = new Set<string>(),
): ArtifactStore {
  const taken = new Set<string>();
  const there = new Map<string, SavedArtifact>();
  return {
    async save(name, tar) {
      claim(taken, name);
      try {
        if (out !== undefined && copied.has(name)) {
          throw new WrongInput([
            { message: `${out} already has an artifact named "${name}" of another run of this call` },
          ]);
        }
        const saved = { name, ...(await saveInto(folder, name, tar, bounds)) } satisfies SavedArtifact;
        if (out !== undefined) {
          await copyArtifact(folder, name, out);
          copied.add(name);
        }
        there.set(name, saved);
        return saved;
      } catch (error) {
        taken.delete(name);
        throw error;
      }
    },
    open: (name) => packFolder(artifactFolder(folder, name)),
    list: () => [...there.values()],
    async remove(name) {
      const was = there.get(name);
      if (was === undefined) {
        return undefined;
      }
      there.delete(name);
      const places = [artifactFolder(folder, name), ...(out === undefined ? [] : [join(out, name)])];
      for (const place of places) {
        await attempt(`remove the artifact "${name}"`, () => rm(place, { recursive: true, force: true }));
      }
      taken.delete(name);
      copied.delete(name);
      return was;
    },
  };
}

/** Copies one saved artifact to `out/<name>/`. Fails with a `HostFault`. */
export async function copyArtifact(folder: string, name: string, out: string): Promise<void> {
  const target = join(out, name);
  await attempt(`copy the artifact "${name}" to ${target}`, async () => {
    await makeFolder(out);
    const fresh = await mkdtemp(join(out, '.lightv-'));
    try {
      await unpack(packFolder(artifactFolder(folder, name)), fresh);
      await rm(target, { recursive: true, force: true });
      await rename(fresh, target);
    } catch (error) {
      await rm(fresh, { recursive: true, force: true });
      throw error;
    }
  });
}

async function saveInto(folder: string, name: string, tar: AsyncIterable<Uint8Array>, bounds: typeof defaultBounds) {
  const target = artifactFolder(folder, name);
  const fresh = await attempt(`make room for the artifact "${name}"`, async () => {
    await mkdir(join(folder, 'kept'), { recursive: true });
    return await mkdtemp(join(folder, 'new-'));
  });
  try {
    const found = await unpack(tar, fresh, bounds);
    await attempt(`keep the artifact "${name}"`, () => rename(fresh, target));
    return found;
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    throw error;
  }
}

/** Apart from what is still being unpacked, so that no name can meet the other. */
function artifactFolder(folder: string, name: string): string {
  return join(folder, 'kept', name);
}

function claim(taken: Set<string>, name: string): void {
  const fault = artifactNameFault(name);
  if (fault !== undefined) {
    throw new WrongInput([{ message: `the name ${JSON.stringify(name)} of an artifact ${fault}` }]);
  }
  if (taken.has(name)) {
    throw new WrongInput([{ message: `the run already has an artifact named "${name}"` }]);
  }
  taken.add(name);
}
