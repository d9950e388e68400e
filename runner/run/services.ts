import type { FetchAction } from '../model/action.ts';
import type { ImageFile, RegistryCredentials } from '../model/image.ts';
import type { ActionServices } from '../model/job-services.ts';
import type { CacheStore, ConcurrencyGroups, OpenSource } from '../model/lease.ts';
import type { Accel, ChooseMachine } from '../model/machine.ts';
import type { Budget } from './queue.ts';
import type { Earlier, KeptRun } from './rerun/kept.ts';
import type { ShownMachine, Visit } from './shown-machine.ts';

/** Where LightV puts its own files in a guest; gone with the machine. */
export const guestFolder = '/run/lightv';

/** What every job starts in and artifacts are relative to. */
export const workspace = '/workspace';

/** What steps with a network get besides: registry addresses, certificates. Never a credential of the host. */
export interface NetworkExtras {
  readonly env: Readonly<Record<string, string>>;
  /** Contents of files below `guestFolder` by their relative names: `ca.pem` becomes `/run/lightv/ca.pem`. */
  readonly files: ReadonlyMap<string, string>;
}

/** What a run leans on. Everything that touches the host comes in here, so that a test can stand in for it. */
export interface RunServices {
  /** Run id; in all events, and the owner of all machines. */
  readonly run: string;
  readonly choose: ChooseMachine;
  /**
   * Opens, and where needed builds, the image a step names. Asked once for each reference in a run; `signal` aborts when
   * the run is cancelled. Rejects with a `WrongInput` for an image that does not exist, a `HostFault` where the host
   * cannot make it.
   */
  readonly openImage: (
    reference: string,
    onProgress: (line: string) => void,
    signal: AbortSignal,
    credentials?: RegistryCredentials,
  ) => Promise<ImageFile>;
  /** Opens what is attached to machines beside their image (`node`), in the same way. */
  readonly openTool: (name: string, onProgress: (line: string) => void, signal: AbortSignal) => Promise<ImageFile>;
  readonly source: OpenSource;
  readonly actions: FetchAction;
  /** Runs actions/checkout as any other action. */
  readonly realCheckout: boolean;
  readonly caches: CacheStore;
  /** Absent: nothing waits for anything else. */
  readonly groups?: ConcurrencyGroups;
  /** What actions talk to; absent: nothing is served. Closed with the run. */
  readonly actionServices?: ActionServices;
  /** All secrets of the run by name; their values are masked everywhere. */
  readonly secrets: ReadonlyMap<string, string>;
  readonly network: NetworkExtras;
  /** What all machines of the run may use together. */
  readonly budget: Budget;
  /** An existing folder of the run's own, at most 60 bytes long. */
  readonly scratch: string;
  /** An existing folder of the run's own for disks and what they are filled from; emptied when the run ends. */
  readonly disks: string;
  /** Bytes of output a step may write. */
  readonly logLimit: number;
  /** Milliseconds for one boot attempt. */
  readonly bootDeadline: number;
  /** Milliseconds between TERM and KILL. */
  readonly grace: number;
  /** Milliseconds steps with `always()` or `cancelled()` have after a job was told to stop. */
  readonly cancelDeadline: number;
  /** Leaves the disks of failed steps, and those they were forked from, where they are. */
  readonly keepFailed: boolean;
  /** A run that this one goes on from: what ended well in it and is what it was is not done again. */
  readonly earlier?: Earlier;
  /**
   * Keeps what a later run can go on from, when this one did not end well and all its machines are gone; resolves to the
   * files that stay. Absent: nothing is kept.
   */
  readonly keep?: (run: KeptRun) => Promise<ReadonlySet<string>>;
  /** Looks into the machine of each step that failed, before that goes. */
  readonly onFailure?: (failed: ShownMachine) => Promise<void>;
  readonly visit?: Visit;
  readonly accel?: Accel;
  readonly now: () => Date;
}

/** Values for what a caller has no opinion on. */
export const defaultLimits = {
  logLimit: 256 * 1024 * 1024,
  bootDeadline: 120_000,
  grace: 10_000,
  cancelDeadline: 300_000,
} as const;
