import type { Conclusion, Reason } from '../model/event.ts';
import type { Accel } from '../model/machine.ts';
import type { IsolationLevel } from '../model/workflow.ts';

/** `lost`: the process that ran it is gone and never told an end. */
export type RunState = 'running' | 'success' | 'failure' | 'cancelled' | 'lost';

/** What is remembered of a run. Times are ISO 8601, UTC. */
export interface RunRecord {
  readonly id: string;
  readonly state: RunState;
  readonly workflow: string;
  /** Absolute path of the pipeline's file. */
  readonly file: string;
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly exitCode?: number;
  readonly reason?: Reason;
  readonly detail?: string;
}

interface Ended {
  readonly conclusion?: Conclusion;
  readonly outcome?: Conclusion;
  readonly exitCode?: number;
  readonly signal?: string;
  readonly reason?: Reason;
  readonly detail?: string;
  readonly durationMs?: number;
  /** The earlier run that this end was taken from; its log is there. */
  readonly recorded?: string;
}

/** Without a conclusion the job had not ended when the record was read. */
export interface JobRecord extends Ended {
  readonly id: string;
  readonly name: string;
  readonly startedAt: string;
}

/** One attempt of a step. */
export interface StepRecord extends Ended {
  readonly job: string;
  readonly id: string;
  readonly name: string;
  /** 1-based. */
  readonly attempt: number;
  readonly isolation?: IsolationLevel;
  readonly accel?: Accel;
  readonly startedAt: string;
  /** Name of its log file in the run's `logs` folder. */
  readonly log: string;
  readonly summary?: string;
}

export interface ArtifactRecord {
  readonly name: string;
  readonly job: string;
  readonly step?: string;
  readonly files: number;
  readonly bytes: number;
}
