import type { Duplex } from 'node:stream';
import type { ImageFile } from './image.ts';
import type { Isolation, IsolationLevel, Network } from './workflow.ts';

/** Unique on this host; lower-case letters, digits and `-`, at most 40 characters, fit for file and cgroup names. */
export type VmId = string;

export type Accel = 'kvm' | 'tcg';

/** Whether a backend can run a machine here. `reason` is in the user's words and says how to get what is missing. */
export type Probe =
  | { readonly usable: true; readonly detail: string; readonly accel?: Accel; readonly limits?: LimitReport }
  | { readonly usable: false; readonly reason: string };

/** How each bound is enforced here ("cgroup v1 memory"), or why it is not. */
export interface LimitReport {
  readonly memory: EnforcedLimit;
  readonly cpu: EnforcedLimit;
  readonly processes: EnforcedLimit;
  readonly disk: EnforcedLimit;
}
export type EnforcedLimit =
  | { readonly bound: true; readonly by: string }
  | { readonly bound: false; readonly reason: string };

/** A disk at rest or in use. `qcow2` may have a backing chain; `holder` lives in memory and dies with its run. */
export interface Disk {
  readonly path: string;
  readonly format: 'raw' | 'qcow2' | 'holder';
  /** Bytes the guest sees. */
  readonly size: number;
}

export interface DiskSpec {
  /** Where to make the disk: an absolute path without extension, in a folder that exists; the backend adds its own. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Fork from this disk, which stays untouched and may be forked by several machines at once; absent: an empty disk. */
  readonly parent?: Disk;
}

export interface PortMapping {
  readonly host: number;
  readonly guest: number;
  readonly protocol: 'tcp' | 'udp';
}

/** Bounds of one machine. `processes` counts tasks; `memory` is bytes; `cpu` is CPUs, fractions allowed. */
export interface MachineLimits {
  readonly cpu: number;
  readonly memory: number;
  readonly processes: number;
}

/** An image whose files a machine sees below `path` and cannot change. */
export interface Tool {
  readonly image: ImageFile;
  readonly path: string;
}

/** `from`: one of the machine's `folders`, or below one; `to`: any absolute path. */
export interface Bind {
  readonly from: string;
  readonly to: string;
}

/** Everything a backend needs to make one machine. */
export interface VmSpec {
  readonly id: VmId;
  /** The run that owns the machine; names the cgroup and what a sweep after a crash looks for. */
  readonly run: string;
  /** An existing folder of the run's own for sockets and mount points: absolute, at most 60 bytes (socket paths are short). */
  readonly scratch: string;
  readonly image: ImageFile;
  readonly limits: MachineLimits;
  /** Limits that must bind: boot is refused where one cannot, rather than pretended. */
  readonly required: readonly (keyof MachineLimits)[];
  readonly disk: DiskSpec;
  /** Further read-only file systems; each is mounted on its path, an absolute folder that is made when missing. */
  readonly tools: readonly Tool[];
  /**
   * Absolute folders that the disk holds once, whatever image lies below it; all else that is written goes to a layer of
   * the image's own, so that a step with another image does not find it. What an image has at such a path lies below
   * what the disk has there.
   */
  readonly folders: readonly string[];
  /** Folders seen at a second path; those that are missing are made. */
  readonly binds: readonly Bind[];
  readonly network: Network;
  readonly ports: readonly PortMapping[];
  readonly hostname: string;
  readonly accel?: Accel;
  /** Milliseconds one boot attempt may take. */
  readonly bootDeadline: number;
}

/** In characters; at most 65535 each. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** A command for a machine that is up. */
export interface Command {
  /** `argv[0]` is looked up in `env.PATH` of the guest. */
  readonly argv: readonly string[];
  /** The whole environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute, made when it is not there. */
  readonly cwd: string;
  /**
   * `name`, `id`, `name:group` or `id:id`, looked up in the guest's own files; root when absent. One that is not there,
   * or that the machine has no id for, is not started.
   */
  readonly user?: string;
  /** Absent: stdin is closed. */
  readonly stdin?: AsyncIterable<Uint8Array>;
  /** Given: the command runs on a terminal of this size, and all its output is stdout. */
  readonly terminal?: TerminalSize & {
    /** Has `tell` called with each new size, until the returned function is called. */
    readonly onResize?: (tell: (size: TerminalSize) => void) => () => void;
  };
  /** Milliseconds between TERM and KILL when the signal of `exec` aborts. */
  readonly grace: number;
  /** Milliseconds between INT and TERM; absent: TERM comes first. */
  readonly interrupt?: number;
}

export type StreamName = 'stdout' | 'stderr';

/** Receives a command's output. The promise is awaited before more is asked of the guest: this is the back-pressure. */
export interface OutputSink {
  write(stream: StreamName, chunk: Uint8Array): Promise<void>;
}

/**
 * How a command ended. `lost`: the machine died or its channel closed before the command's end was told; `detail` is a
 * sentence for the step's log. A non-zero code is not an error.
 */
export type Exit =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signalled'; readonly signal: string }
  | { readonly kind: 'out-of-memory' }
  | { readonly kind: 'not-started'; readonly detail: string }
  | { readonly kind: 'lost'; readonly detail: string };

/** What the last command left behind in a machine that is still up. */
export interface Leftovers {
  readonly processes: readonly { readonly pid: number; readonly name: string }[];
  readonly mounts: readonly string[];
  /** Listening sockets and new interfaces, as the guest names them. */
  readonly network: readonly string[];
}

/** `only`: just these paths, relative to the folder, in this order. `namesOnly`: headers with size 0 and no contents. */
export interface CopyOutOptions {
  readonly only?: readonly string[];
  readonly namesOnly?: boolean;
}

/** A TCP port on a guest's loopback: an IPv4 address of 127.0.0.0/8; for a listener port 0 is any free one. */
export interface GuestAddress {
  readonly address: string;
  readonly port: number;
}

/** A machine that is up: its guest has said hello. All methods may be called at once. */
export interface MicroVm {
  readonly id: VmId;
  readonly isolation: IsolationLevel;
  readonly accel?: Accel;
  /** The disk it writes; at rest, and fit to be a parent, once `destroy` has resolved. */
  readonly disk: Disk;
  /**
   * Runs one command; resolves after the last byte of its output was delivered. When `signal` aborts: TERM to the
   * command's process group (INT first, where `command.interrupt` is given), KILL after `command.grace`, and the exit that follows; a guest that does not answer within
   * 5 s more is `lost`. Rejects only when `output.write` does (with that reason, after the command was killed) or when
   * the machine was destroyed by its owner meanwhile.
   */
  exec(command: Command, output: OutputSink, signal: AbortSignal): Promise<Exit>;
  /**
   * Unpacks a tar stream below `directory` (made when missing); all of it belongs to `owner`, a user as in `Command`.
   * Rejects with what could not be written.
   */
  copyIn(tar: AsyncIterable<Uint8Array>, directory: string, signal: AbortSignal, owner?: string): Promise<void>;
  /** A tar of `path`: a folder's entries relative to it, or one file under its base name. Rejects when it is not there. */
  copyOut(path: string, signal: AbortSignal, options?: CopyOutOptions): Promise<AsyncIterable<Uint8Array>>;
  /**
   * Listens on the guest's loopback, whatever network the guest has; resolves with the port. Each connection made there
   * is handed to `accept` as a stream with back-pressure both ways, at most 32 at once: more wait in the guest. When
   * `signal` aborts no further one is taken; those that are open go on. Rejects with what the guest could not do, as
   * when the address is in use; a `RangeError` for an address that is not the loopback's. What listens so is not `left`.
   */
  listen(at: GuestAddress, accept: (connection: Duplex) => void, signal: AbortSignal): Promise<{ port: number }>;
  /**
   * Connects to a port that something listens at on the guest's loopback. Rejects when nothing does, with the guest's
   * sentence, or with the reason of `signal`, which holds until the connection stands. Destroyed, the stream is cut off.
   */
  connect(at: GuestAddress, signal: AbortSignal): Promise<Duplex>;
  left(): Promise<Leftovers>;
  /** Any time, any number of times; has a deadline of its own and then kills. Afterwards nothing but the disk is left. */
  destroy(): Promise<void>;
}

/** One way of making machines. `boot` leaves nothing behind when it fails or when `signal` aborts. */
export interface VmBackend {
  readonly name: string;
  readonly isolation: IsolationLevel;
  probe(): Promise<Probe>;
  boot(spec: VmSpec, signal: AbortSignal): Promise<MicroVm>;
  /** Frees what is kept from one machine of a run for the next; called when all of them are gone, any number of times. */
  endRun?(run: string): Promise<void>;
}

/** What a step asks of the choice of a backend. */
export interface MachineWish {
  readonly isolation: Isolation;
  readonly accel?: Accel;
  readonly network: Network;
}

/** The backend taken and why, in one sentence a user reads ("microvm under TCG: KVM opens but cannot run a guest"). */
export interface MachineChoice {
  readonly backend: VmBackend;
  readonly isolation: IsolationLevel;
  readonly accel?: Accel;
  readonly reason: string;
  /** True when something weaker or slower than asked was taken; shown as a warning. */
  readonly fallback: boolean;
}

/** Chooses a backend. Rejects with a `HostFault` that says what is missing where the level is not usable here. */
export type ChooseMachine = (wish: MachineWish) => Promise<MachineChoice>;
