import type { JobResult, StepResult } from '../../model/event.ts';
import type { Disk } from '../../model/machine.ts';
import type { IsolationLevel, Json } from '../../model/workflow.ts';
import type { MatcherDefinition } from '../../output/matcher-definition.ts';
import type { BegunAction } from '../action/around.ts';
import type { StepDisk } from '../disks.ts';
import type { CacheHit, Exports } from '../scene.ts';

/** A disk at rest, as a step left it. */
export interface KeptDisk {
  readonly disk: Disk;
  readonly isolation: IsolationLevel;
  /** The image it is laid over. */
  readonly image: StepDisk['image'];
  /** What it is made of: its own file, and those it was forked from where it holds no copy of them. */
  readonly files: readonly string[];
  /** A step that has to run again starts from it. */
  readonly needed: boolean;
}

/** An action that was begun and has an end, as plain data: what stands around it is worked out again. */
export interface KeptAction extends Pick<BegunAction, 'action' | 'runs' | 'piece'> {
  readonly env: Readonly<Record<string, string>>;
  readonly variables: Readonly<Record<string, string>>;
  readonly paths: readonly string[];
  readonly depth: number;
  readonly trail: string;
  /** Contexts that the action around it gave. */
  readonly inside?: { readonly [name: string]: Json };
}

/** What a job remembers besides its steps' ends, as it was behind one of them. */
export interface KeptMemory {
  /** By the step that used them. */
  readonly begun: ReadonlyMap<string, readonly KeptAction[]>;
  /** What the scripts of actions kept for those after them; see `keyOf`. */
  readonly states: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly matchers: readonly MatcherDefinition[];
}

/** A step that has ended. */
export interface KeptStep {
  readonly id: string;
  /** What it was; see `digest.ts`. */
  readonly digest: string;
  /** Whether it had a disk: not one that was passed over, or that only waited for others. */
  readonly ran: boolean;
  readonly result: StepResult;
  readonly exports: Exports;
  /** Names the disk it ran on; steps that went on with each other's machine ran on one. */
  readonly on?: string;
  /** The disk as it left it, where another step may start from that. */
  readonly disk?: KeptDisk;
  readonly memory?: KeptMemory;
}

/** A job that was run. */
export interface KeptJob {
  readonly id: string;
  readonly digest: string;
  readonly result: JobResult;
  /** In the order in which they ended; none for a job that need not run again. */
  readonly steps: readonly KeptStep[];
  readonly caches: ReadonlyMap<number, CacheHit>;
  /** Texts that its steps had hidden from its log. */
  readonly masks: readonly string[];
}

/** What is kept of a run that did not succeed, so that another one can go on where it stopped. */
export interface KeptRun {
  readonly run: string;
  /** Files of the run's checkouts, by what was asked for. */
  readonly sources: ReadonlyMap<string, string>;
  /** Commits of the actions it used, by `owner/repo@ref`. */
  readonly actions: ReadonlyMap<string, string>;
  /** Keyed digests of the secrets it had, by name. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Key of those digests. */
  readonly salt: string;
  readonly jobs: readonly KeptJob[];
}

/** An earlier run that this one goes on from. */
export interface Earlier {
  readonly kept: KeptRun;
  readonly artifacts: readonly EarlierArtifact[];
}

export interface EarlierArtifact {
  readonly name: string;
  readonly job: string;
  /** Absent for a job's own. */
  readonly step?: string;
  open(): AsyncIterable<Uint8Array>;
}
