import type { JobResult, RunEvent } from './event.ts';
import type { Plan } from './plan.ts';
import type { Json } from './workflow.ts';

/** Takes events in order; the promise is awaited, so a slow far side slows the guest down instead of filling memory. */
export interface RunSink {
  write(event: RunEvent): Promise<void>;
}

export interface SavedArtifact {
  readonly name: string;
  readonly files: number;
  readonly bytes: number;
}

export interface ArtifactStore {
  /**
   * Keeps a tar of files named relative to the workspace. Entries that would leave the artifact's folder, devices and
   * links out of it are refused. Rejects with a `WrongInput` when the run already has an artifact of that name.
   */
  save(name: string, tar: AsyncIterable<Uint8Array>): Promise<SavedArtifact>;
  /** The tar of an artifact saved in this run. */
  open(name: string): AsyncIterable<Uint8Array>;
  /** Those of this run that are there, in the order they were saved. */
  list(): readonly SavedArtifact[];
  /** Takes an artifact back: its name is free again. Resolves to what it was, or `undefined` when there is none. */
  remove(name: string): Promise<SavedArtifact | undefined>;
}

export interface CacheStore {
  /** The entry of exactly `key`, else the newest whose key starts with the first matching restore key, else `undefined`. */
  restore(
    key: string,
    restoreKeys: readonly string[],
  ): Promise<{ readonly key: string; readonly tar: AsyncIterable<Uint8Array> } | undefined>;
  /** Keeps a tar under `key`; a key that exists is left as it is (and the tar is not read). */
  save(key: string, tar: AsyncIterable<Uint8Array>): Promise<boolean>;
}

/** What asks for a place in a group of which one member runs at a time. */
export interface GroupRequest {
  /** The same in any case. */
  readonly group: string;
  /** Who it is, for those that wait for it or are ended by it: a run, or a job of a run. */
  readonly who: string;
  /** Ends the member that runs. */
  readonly cancelInProgress: boolean;
  /** `single`: takes the place of the one that waits. `max`: waits behind all that wait. */
  readonly queue: 'single' | 'max';
  /** Called once when somebody else runs and it waits. */
  readonly onWait: (running: string) => void;
  /** Called once when it runs and another one ends it. It leaves as soon as it can. */
  readonly onCancel: (by: string) => void;
}

/** A place in a group; or none, because one that came later took it. */
export type GroupPlace =
  | { readonly kind: 'entered'; readonly leave: () => Promise<void> }
  | { readonly kind: 'superseded'; readonly by: string };

/** Groups of runs and jobs of which one runs at a time, whichever process it belongs to. */
export interface ConcurrencyGroups {
  /** Waits for a turn. Rejects with the signal's reason when that aborts before; fails with a `HostFault`. */
  enter(request: GroupRequest, signal: AbortSignal): Promise<GroupPlace>;
}

/** One plan handed to us to run. `finish` is called exactly once, after the last event. */
export interface Lease {
  readonly plan: Plan;
  readonly cancelled: AbortSignal;
  readonly sink: RunSink;
  readonly artifacts: ArtifactStore;
  finish(results: readonly JobResult[]): Promise<void>;
}

export interface Provider {
  readonly name: string;
  /** Ends when there is no more work or when `signal` aborts. */
  leases(signal: AbortSignal): AsyncIterable<Lease>;
}

/** What a job's workspace starts with. Everything in it is evaluated. */
export interface SourceRequest {
  /** `undefined`: the working tree at hand, or with a `ref` that of the repository at hand. */
  readonly repository?: string;
  readonly ref?: string;
  /** Commits of history; 1 when left out, 0 for all of it with all branches and tags. */
  readonly depth?: number;
  readonly tags?: boolean;
  /** The working tree at hand has a `.git` too, as all others have. */
  readonly withRepository?: boolean;
  /** `as-is`, when left out: those that are checked out in the working tree at hand, of other repositories none. */
  readonly submodules?: 'as-is' | 'none' | 'own' | 'recursive';
  /** Folders (`cone`), or patterns of gitignore, of what is taken. */
  readonly sparse?: { readonly patterns: readonly string[]; readonly cone: boolean };
}

/**
 * Gives the files of a checkout as a tar relative to the workspace; no credential of the host is in it. Resolves to
 * `undefined` when the working tree is asked for outside a git repository. Rejects with a `WrongInput` for a
 * repository or ref that cannot be had.
 */
export type OpenSource = (
  request: SourceRequest,
  signal: AbortSignal,
) => Promise<AsyncIterable<Uint8Array> | undefined>;

/** Contexts a run adds to the plan's, by name. */
export type RunContexts = { readonly [name: string]: Json };
