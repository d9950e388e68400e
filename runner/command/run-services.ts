import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { attempt } from '../host/attempt.ts';
import { cacheFolder, scratchFolder, stateFolder } from '../host/paths.ts';
import { openImage, openTool } from '../image/open.ts';
import type { ChooseMachine } from '../model/machine.ts';
import { commitAtHand } from '../plan/self-reference.ts';
import { actionFetcher } from '../provider/local/actions/fetch.ts';
import type { ActionLock } from '../provider/local/actions/lock-file.ts';
import { withOwnActions } from '../provider/local/actions/own.ts';
import { localSource } from '../provider/local/checkout/source.ts';
import type { LocalLease } from '../provider/local/provider.ts';
import type { Earlier, EarlierArtifact, KeptRun } from '../run/rerun/kept.ts';
import { defaultLimits, guestFolder, type RunServices } from '../run/services.ts';
import { type CacheOptions, openCache } from '../service/cache/store.ts';
import { openActionServices } from '../service/job/open.ts';
import { openGroups } from '../store/concurrency-groups.ts';
import { bringKept } from '../store/kept/bring.ts';
import { disksOf } from '../store/kept/room.ts';
import type { Config } from './config.ts';
import { guestAccess, guestCaFile } from './guest-access.ts';
import { imageAccess } from './image-access.ts';
import { hostBudget } from './plan-request.ts';
import type { RunOptions } from './run-options.ts';
import type { Asked } from './run-request.ts';

/** Bytes all caches together may take when the configuration names none. */
const cacheLimit = 10 * 1024 ** 3;

/** What runs of one call of `lightv run` have in common. */
export interface RunSetting {
  readonly options: RunOptions;
  readonly config: Config;
  readonly secrets: ReadonlyMap<string, string>;
  readonly asked: Asked;
  readonly earlier?: EarlierFile;
  readonly choose: ChooseMachine;
  /** Lock files of actions by the repository they are for. */
  readonly locks: ReadonlyMap<string, ActionLock>;
  /** Tells what is worth knowing and belongs to no run. */
  readonly warn: (sentence: string) => void;
  /** Aborts when another run takes the place of this one. */
  readonly replaced?: AbortSignal;
  /** As `RunServices` has it. */
  readonly onFailure?: RunServices['onFailure'];
  readonly visit?: NonNullable<RunServices['visit']>;
  /** Stops the building of images. */
  readonly signal: AbortSignal;
}

/** A run that another one goes on from. */
export interface EarlierFile {
  readonly folder: string;
  readonly kept: KeptRun;
  readonly artifacts: readonly EarlierArtifact[];
}

/** Makes the folders of a run and names what it leans on. Fails with a `HostFault`. */
export async function runServices(lease: LocalLease, setting: RunSetting): Promise<RunServices> {
  const { options, config, asked, earlier } = setting;
  const { repository } = lease.plan;
  const lock = setting.locks.get(repository ?? '');
  const fetch = actionFetcher({
    run: lease.run,
    ...(asked.actionsMirror === undefined ? {} : { mirror: resolve(asked.actionsMirror) }),
    ...(lock === undefined ? {} : { lock }),
    warn: (sentence) => setting.warn(sentence),
  });
  const scratch = join(scratchFolder(), lease.run);
  const disks = join(lease.folder, 'disks');
  await attempt(`make the run's folders ${scratch} and ${disks}`, async () => {
    await mkdir(scratch, { recursive: true, mode: 0o700 });
    await mkdir(disks, { recursive: true, mode: 0o700 });
  });
  const caches = {
    folder: join(cacheFolder(), 'caches'),
    scope: repository ?? lease.plan.file,
    limit: config.cache ?? cacheLimit,
  };
  return {
    ...defaultLimits,
    ...(options.logLimit === undefined ? {} : { logLimit: options.logLimit }),
    ...(options.accel === undefined ? {} : { accel: options.accel }),
    run: lease.run,
    choose: setting.choose,
    openImage: (reference, onProgress, _, credentials) =>
      openImage(asked.images[reference] ?? reference, {
        ...imageAccess(config),
        ...(credentials === undefined ? {} : { credentials: () => credentials }),
        onProgress,
        signal: setting.signal,
        ...(repository === undefined ? {} : { repository }),
      }),
    openTool: (name, onProgress) => openTool(name, { onProgress, signal: setting.signal }),
    source: localSource(repository),
    actions: withOwnActions(fetch, repository, commitAtHand(lease.plan.contexts.github)),
    realCheckout: asked.realCheckout,
    groups: openGroups(stateFolder(), repository ?? lease.plan.file),
    caches: openCache(caches),
    ...(lease.plan.dialect === 'github' ? { actionServices: actionServices(lease, disks, caches) } : {}),
    secrets: setting.secrets,
    network: networkExtras(config),
    budget: {
      ...hostBudget(config, options.memory),
      ...(options.maxParallel === undefined ? {} : { maxParallel: options.maxParallel }),
    },
    scratch,
    disks,
    keepFailed: options.keepFailed,
    ...(setting.onFailure === undefined ? {} : { onFailure: setting.onFailure }),
    ...(setting.visit === undefined ? {} : { visit: setting.visit }),
    ...(earlier === undefined ? {} : { earlier: await broughtTo(disks, earlier) }),
    now: () => new Date(),
  };
}

function actionServices({ run, artifacts }: LocalLease, disks: string, caches: CacheOptions) {
  return openActionServices({
    ...{ run, artifacts, caches },
    folder: join(disks, 'services'),
    keyFile: join(stateFolder(), 'identity', 'key.json'),
    now: () => new Date(),
  });
}

async function broughtTo(disks: string, { folder, kept, artifacts }: EarlierFile): Promise<Earlier> {
  return { kept: await bringKept(kept, disksOf(folder), join(disks, 'before')), artifacts };
}

function networkExtras(config: Config): RunServices['network'] {
  const { env, ca } = guestAccess(config, process.env);
  return { env, files: new Map(ca === undefined ? [] : [[guestCaFile.slice(guestFolder.length + 1), ca]]) };
}
