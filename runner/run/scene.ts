import type { StepResult } from '../model/event.ts';
import type { ArtifactStore } from '../model/lease.ts';
import type { Plan, PlannedJob } from '../model/plan.ts';
import type { CalledWorkflow, Json } from '../model/workflow.ts';
import type { ActionTree } from './action/action-tree.ts';
import type { BegunAction } from './action/around.ts';
import type { Background } from './background.ts';
import type { JobStop } from './cancel.ts';
import type { Sources } from './checkout.ts';
import type { OpenedContainer } from './container/job-containers.ts';
import type { JobDisks } from './disks.ts';
import type { JobClock } from './job-clock.ts';
import type { JobMatchers } from './job-matchers.ts';
import type { JobServing } from './job-serving.ts';
import type { ToolWish } from './machine-request.ts';
import type { Machines } from './machines.ts';
import type { Reporter } from './reporter.ts';
import type { EarlierRun } from './rerun/earlier-run.ts';
import type { KeptJob, KeptMemory } from './rerun/kept.ts';
import type { ServiceMachines } from './service-machine/service-machines.ts';
import type { RunServices } from './services.ts';
import type { StepGraph } from './step-graph.ts';

/** What everything in one run shares. */
export interface RunScene {
  readonly plan: Plan;
  readonly services: RunServices;
  readonly artifacts: ArtifactStore;
  readonly report: Reporter;
  readonly machines: Machines;
  readonly sources: Sources;
  readonly stop: JobStop;
  /** Those of jobs that have ended; removed with the run. */
  readonly disks: JobDisks[];
  /** What is told once a run: why an isolation level was taken, that there is nothing to check out. */
  readonly told: Set<string>;
  /** Concurrency groups that are held around what runs, in lower case. */
  readonly groups: readonly string[];
  /** A run that this one goes on from. */
  readonly earlier?: EarlierRun;
  /** What jobs that have ended leave for a later run. */
  readonly kept: KeptJob[];
  /** Of the actions fetched so far, by `owner/repo@ref`. */
  readonly commits: ReadonlyMap<string, string>;
  /** Those that the workflow of `plan` may read, by name. */
  readonly secrets: ReadonlyMap<string, string>;
  /** The part of the queue that the jobs of `plan` share out among them: lower goes first. */
  readonly span: Span;
  /** Of a workflow that is called: the call. */
  readonly called?: Called;
}

/** A stretch of the queue's order. */
export interface Span {
  readonly from: number;
  readonly size: number;
}

/** The call that a workflow runs for. */
export interface Called {
  /** Id of the calling job. */
  readonly id: string;
  /** As people read it, calls around it included. */
  readonly name: string;
  readonly workflow: CalledWorkflow;
}

/** What a step hands to those that need it, besides its disk. */
export interface Exports {
  readonly env: readonly (readonly [name: string, value: string])[];
  /** In the order they were added. */
  readonly paths: readonly string[];
  /** Names of the artifacts it saved. */
  readonly artifacts: readonly string[];
}

/** A step that has ended. */
export interface StepRecord {
  readonly result: StepResult;
  readonly exports: Exports;
  /** What the job remembered behind it besides; for a later run. */
  readonly memory?: KeptMemory;
}

export const noExports: Exports = { env: [], paths: [], artifacts: [] };

/** The key a cache was looked for under, and the key of the entry found. */
export interface CacheHit {
  readonly key: string;
  readonly found: string | undefined;
}

/** What the steps of one job share. */
export interface JobScene {
  readonly run: RunScene;
  readonly job: PlannedJob;
  /** Position among the run's jobs: lower goes first in the queue. Cells of a matrix share out the place of their job. */
  readonly index: number;
  /** Its own in the run; names its disks. */
  readonly number: number;
  readonly graph: StepGraph;
  readonly report: Reporter;
  readonly stop: JobStop;
  readonly disks: JobDisks;
  /** The `needs` context. */
  readonly needs: { readonly [job: string]: Json };
  readonly ended: Map<string, StepRecord>;
  /** By position in the job's `cache`: what its first workspace asked for and got. */
  readonly caches: Map<number, Promise<CacheHit>>;
  /** By the id of the step that used them: actions that were begun and have an end, in that order. */
  readonly begunActions: Map<string, readonly BegunAction[]>;
  /** Actions that were fetched before the job's first step, by the id of the step that uses them. */
  readonly trees: Map<string, ActionTree>;
  /** What the scripts of one use of an action keep for those after them; see `keyOf`. */
  readonly states: Map<string, Map<string, string>>;
  readonly matchers: JobMatchers;
  /** Folders of actions that are on the job's disk, or on their way. */
  readonly actions: Map<string, Promise<void>>;
  readonly background: Background;
  /** What its steps run in; absent before that was worked out, and for a job without. */
  readonly container?: OpenedContainer;
  readonly serving: JobServing;
  /** What serves its steps; absent before they are up, and for a job without. */
  readonly services?: ServiceMachines;
  /** Attached to all machines of the job. */
  readonly tools: readonly ToolWish[];
  readonly clock: JobClock;
  /** Writes job-start at the first call. */
  readonly begin: () => Promise<void>;
}
