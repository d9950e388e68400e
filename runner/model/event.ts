import type { Accel, StreamName, VmId } from './machine.ts';
import type { Problem } from './problem.ts';
import type { IsolationLevel, Json, Permissions } from './workflow.ts';

export type Conclusion = 'success' | 'failure' | 'cancelled' | 'skipped';

/** The closed list of why something did not end in success by itself. Think hard before adding one. */
export type Reason =
  | 'exit-code'
  | 'signal'
  | 'timeout'
  | 'out-of-memory'
  | 'log-limit'
  | 'guest-lost'
  | 'not-started'
  | 'output-file'
  | 'artifact'
  | 'expression'
  | 'cancelled'
  | 'fail-fast'
  | 'condition'
  | 'needs'
  | 'host-fault';

interface EventBase {
  /** Run id; `''` in what tells why no run could begin. */
  readonly run: string;
  /** ISO 8601 with milliseconds, UTC. */
  readonly time: string;
}
interface JobEventBase extends EventBase {
  /** The planned job's id. */
  readonly job: string;
}
interface StepEventBase extends JobEventBase {
  readonly step: string;
}

interface Ending {
  /** After `continue-on-error`. */
  readonly conclusion: Conclusion;
  /** Before `continue-on-error`. */
  readonly outcome: Conclusion;
  readonly exitCode?: number;
  readonly signal?: string;
  readonly reason?: Reason;
  /** One sentence for a person, where `reason` alone does not say enough. */
  readonly detail?: string;
  readonly durationMs?: number;
  /** The earlier run that this end was taken from; nothing of it was run again. */
  readonly recorded?: string;
}

export interface RunStartEvent extends EventBase {
  readonly type: 'run-start';
  /** What the run is called, where the file names its runs. */
  readonly name?: string;
  readonly workflow: string;
  readonly file: string;
  readonly jobs: readonly string[];
}
export interface JobStartEvent extends JobEventBase {
  readonly type: 'job-start';
  readonly name: string;
  /** What the file lets the forge's token do; absent where it says nothing. */
  readonly permissions?: Permissions;
  /** Name of the environment the job is for. */
  readonly environment?: string;
}
export interface StepStartEvent extends StepEventBase {
  readonly type: 'step-start';
  readonly name: string;
  /** 1-based; above 1 for a retry. */
  readonly attempt: number;
  /** Absent for a step that only waits for others, or ends them. */
  readonly machine?: { readonly id: VmId; readonly isolation: IsolationLevel; readonly accel?: Accel };
}
export interface LogEvent extends StepEventBase {
  readonly type: 'log';
  readonly stream: StreamName;
  /** One line, masked, without its line end; bytes that are not UTF-8 became U+FFFD. */
  readonly text: string;
  /** 1-based line number within the step. */
  readonly line: number;
  /** The line was longer than 64 Ki characters and goes on in this stream's next event. */
  readonly continued?: boolean;
}
export interface StepEndEvent extends StepEventBase, Ending {
  readonly type: 'step-end';
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary?: string;
}
export interface JobEndEvent extends JobEventBase, Ending {
  readonly type: 'job-end';
  /** Where what the job brought to its environment is to be seen. */
  readonly environmentUrl?: string;
  readonly outputs: Readonly<Record<string, string>>;
}
export interface ArtifactEvent extends JobEventBase {
  readonly type: 'artifact';
  readonly step?: string;
  readonly name: string;
  readonly files: number;
  readonly bytes: number;
  /** The earlier run it was taken from. */
  readonly recorded?: string;
  /** The run has it no more. */
  readonly removed?: true;
}
/** Something worth knowing that is nobody's mistake: which level was taken and why, a fallback, what was dropped or stopped. */
export interface NoticeEvent extends EventBase {
  readonly type: 'notice';
  readonly level: 'info' | 'warning';
  readonly job?: string;
  readonly step?: string;
  readonly text: string;
}
export interface ProblemEvent extends EventBase {
  readonly type: 'problem';
  /** What a step said of its own work, or what the run can do without; absent where something is wrong with its files. */
  readonly level?: 'error' | 'warning' | 'notice';
  readonly job?: string;
  readonly step?: string;
  readonly problem: Problem;
  /** What a step calls it. */
  readonly title?: string;
  /** The rule or number that a tool gives it. */
  readonly code?: string;
  /** Where it ends, 1-based, both included; absent: where it begins. */
  readonly end?: { readonly line: number; readonly column?: number };
}
export interface RunEndEvent extends EventBase {
  readonly type: 'run-end';
  readonly conclusion: Conclusion;
  readonly outcome: Conclusion;
  readonly durationMs: number;
  readonly exitCode: number;
  readonly reason?: Reason;
  readonly detail?: string;
}

/** What `--json` prints, one a line. Every text is masked before an event is made. */
export type RunEvent =
  | RunStartEvent
  | JobStartEvent
  | StepStartEvent
  | LogEvent
  | StepEndEvent
  | JobEndEvent
  | ArtifactEvent
  | NoticeEvent
  | ProblemEvent
  | RunEndEvent;

export interface StepResult extends Ending {
  readonly id: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary?: string;
}

export interface JobResult extends Ending {
  readonly id: string;
  readonly jobId: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly steps: readonly StepResult[];
  readonly matrix?: { readonly [key: string]: Json };
}
