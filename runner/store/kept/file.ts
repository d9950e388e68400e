import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { attempt } from '../../host/attempt.ts';
import { writeWhole } from '../../host/in-place.ts';
import type { PlanContexts } from '../../model/plan.ts';
import type { KeptRun } from '../../run/rerun/kept.ts';
import { decode, encode } from './codec.ts';

/** Of the file's form; another is not read. */
const version = 1;

/** All that a rerun needs of a run, in its folder. */
export interface KeptFile {
  /** Kept whatever room it takes. */
  readonly pinned: boolean;
  /** What the run was asked for, as whoever asked writes it. */
  readonly asked: unknown;
  /** Contexts of its plan. */
  readonly contexts: PlanContexts;
  readonly run: KeptRun;
}

const fileOf = (folder: string) => join(folder, 'kept.json');

/** Writes it whole or not at all: from then on the run's disks are kept. The file holds no value of `secrets`. */
export async function writeKept(folder: string, kept: KeptFile, secrets: ReadonlyMap<string, string>): Promise<void> {
  await writeWhole(fileOf(folder), encode({ version, ...kept }, secrets), 0o600);
}

/** `undefined` where nothing is kept, or nothing that can be read. `secrets` are those of the run that asks. */
export async function readKept(folder: string, secrets: ReadonlyMap<string, string>): Promise<KeptFile | undefined> {
  const text = await textIfThere(fileOf(folder));
  if (text === undefined) {
    return undefined;
  }
  try {
    const found = decode(text, secrets) as KeptFile & { readonly version: number };
    return found.version === version ? found : undefined;
  } catch {
    // What a host that lost its power wrote is as good as nothing.
    return undefined;
  }
}

/** What is said of what is kept of a run; `undefined` where that is nothing a rerun can use. */
export async function isKept(folder: string): Promise<Pick<KeptFile, 'pinned'> | undefined> {
  return await readKept(folder, new Map());
}

/** From then on nothing of the run is kept. */
export async function forgetKept(folder: string): Promise<void> {
  await attempt(`remove ${fileOf(folder)}`, () => rm(fileOf(folder), { force: true }));
}

async function textIfThere(file: string): Promise<string | undefined> {
  return await attempt(`read ${file}`, () =>
    readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') {
        return undefined;
      }
      throw error;
    }),
  );
}
