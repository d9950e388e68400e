import type { Duplex } from 'node:stream';
import type { SavedArtifact } from './lease.ts';
import type { GuestAddress } from './machine.ts';
import type { Json, Permissions } from './workflow.ts';

/** What the services of a job know of it. */
export interface ServedJob {
  /** Unique in the run. */
  readonly id: string;
  /** The `github` context. */
  readonly github: { readonly [key: string]: Json };
  /** The workflow that the job's file is, as the `job` context has it. */
  readonly workflow: { readonly [key: string]: Json };
  /** What its token may do; absent: what a forge gives where nobody says. */
  readonly permissions?: Permissions;
  /** Name of the environment it deploys to. */
  readonly environment?: string;
  /** Told of each artifact that a step kept or took back; awaited before the step hears of it. */
  readonly onArtifact: (artifact: StepArtifact) => Promise<void>;
}

export interface StepArtifact extends SavedArtifact {
  readonly step: string;
  readonly removed?: true;
}

/** What a step finds its job's services by. */
export interface ServiceVariables {
  /** For actions. */
  readonly actions: Readonly<Record<string, string>>;
  /** For scripts, which get less. */
  readonly scripts: Readonly<Record<string, string>>;
  /** Values among them that no log may show. */
  readonly secrets: readonly string[];
}

/** The HTTP services that actions of one job talk to. No port of the host is opened for them. */
export interface JobEndpoint {
  /** Where the job's machines listen for it; the same in all of them. */
  readonly address: GuestAddress;
  /** Serves a connection that came to that address in one of the job's machines. */
  accept(connection: Duplex): void;
  /** With tokens of the step's own, new ones at each call. */
  variablesFor(step: string): ServiceVariables;
  /** Cuts all connections off and forgets what was not finished. Again is harmless. */
  close(): Promise<void>;
}

/** What actions of one run talk to. */
export interface ActionServices {
  open(job: ServedJob): JobEndpoint;
  /** Removes what is only needed while the run goes on. */
  close(): Promise<void>;
}
