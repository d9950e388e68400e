import prettyBytes from 'pretty-bytes';
import type { LocalLease } from '../provider/local/provider.ts';
import type { KeptRun } from '../run/rerun/kept.ts';
import { keepRun, removeOthers } from '../store/kept/keep.ts';
import { dropOldest, type KeptBounds } from '../store/kept/room.ts';
import type { RunStore } from '../store/store.ts';
import type { Config } from './config.ts';
import type { RunSetting } from './run-services.ts';

/** What may be kept of runs that failed when the configuration does not say. */
const usual: KeptBounds = { bytes: 10 * 1024 ** 3, runs: 5 };

/** Keeps what a rerun needs of one run, and clears away the rest. */
export class Keeping {
  readonly #lease: LocalLease;
  readonly #setting: RunSetting;
  #files: ReadonlySet<string> = new Set();

  constructor(lease: LocalLease, setting: RunSetting) {
    this.#lease = lease;
    this.#setting = setting;
  }

  /** As `RunServices.keep`. */
  async keep(run: KeptRun): Promise<ReadonlySet<string>> {
    const { folder, plan } = this.#lease;
    const { options, secrets, asked, config, warn, replaced, visit } = this.#setting;
    const bounds = boundsOf(config);
    if ((bounds.runs === 0 && !options.keepFailed) || replaced?.aborted === true || visit !== undefined) {
      return this.#files;
    }
    const file = { pinned: options.keepFailed, asked, contexts: plan.contexts, run };
    const limit = options.keepFailed ? Number.POSITIVE_INFINITY : bounds.bytes;
    const keeping = await keepRun(folder, file, secrets, limit);
    if (keeping.kept) {
      this.#files = keeping.files;
    } else {
      const sizes = `${prettyBytes(keeping.bytes)} of disks are more than the ${prettyBytes(limit)} that may be kept`;
      warn(`this run cannot be gone on from: ${sizes}; \`kept: {size: …}\` in the configuration allows more`);
    }
    return this.#files;
  }

  /** To be called when the run is over, however it ended. */
  async clearUp(): Promise<void> {
    await removeOthers(this.#lease.folder, this.#files);
  }
}

/** Drops what is kept of the oldest runs, as far as the configuration wants it. */
export async function dropBeyondBounds(store: RunStore, config: Config): Promise<void> {
  await dropOldest(store, boundsOf(config));
}

function boundsOf({ kept }: Config): KeptBounds {
  return { bytes: kept?.size ?? usual.bytes, runs: kept?.runs ?? usual.runs };
}
