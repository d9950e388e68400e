import type { PlannedContainer, PlannedService } from './container.ts';
import type { Problem } from './problem.ts';
import type {
  ArtifactSpec,
  CacheSpec,
  Call,
  CalledWorkflow,
  Checkout,
  Dialect,
  Isolation,
  Job,
  Json,
  MachinePolicy,
  Maybe,
  Minutes,
  Network,
  Permissions,
  StepWork,
  Template,
  Tree,
} from './workflow.ts';

/** Contexts known before a run starts, by their names in `${{ }}`: `github runner vars inputs env`. */
export type PlanContexts = { readonly [name: string]: Json };

/** A workflow made ready to run: order fixed, matrices expanded where they can be. The same input gives the same plan. */
export interface Plan {
  readonly workflow: string;
  /** What a step's machine looks like from inside goes by it; see `run/dialect.ts`. */
  readonly dialect: Dialect;
  /** Events it runs on, in the order of the file. */
  readonly on?: readonly string[];
  /** Jobs of the file that were not asked for. */
  readonly others?: readonly string[];
  /** Told at the start of the run. */
  readonly notices: readonly string[];
  /** Told there too, each with its place: what a run can do without. */
  readonly warnings?: readonly Problem[];
  /** Absolute path of the file, or the forge's address of the job. */
  readonly file: string;
  /** Absolute path of the git repository's top, or `undefined` outside git. */
  readonly repository?: string;
  readonly contexts: PlanContexts;
  /** What the run is called instead of the workflow's name. */
  readonly runName?: Template;
  /** The group that the run waits for its turn in; see `concurrencyOf`. */
  readonly concurrency?: Tree;
  /** Workflow-level `env`, unevaluated. */
  readonly env: ReadonlyMap<string, Template>;
  /** Ordered so that every job comes after its needs; ties in the order of the file, cells in the order of the axes. */
  readonly jobs: readonly (PlannedJob | PlannedCall | DeferredJob)[];
}

/** A job whose matrix or machine hangs on its needs' outputs: expanded when they end. */
export interface DeferredJob {
  readonly kind: 'deferred';
  /** Unique in the plan: `jobId`, behind the id of the call it is part of. */
  readonly id: string;
  readonly jobId: string;
  readonly needs: readonly string[];
  readonly job: Job;
  /** Id of the call it is part of. */
  readonly within?: string;
  /** Absent: nothing is bounded. */
  readonly bounds?: PlanBounds;
}

/** What planning was told from outside, kept for jobs that are expanded while the run goes on. */
export interface PlanBounds {
  /** Level for whatever names none; raises a weaker named level, never lowers a stronger one. */
  readonly isolation?: Isolation;
  /** CPUs and bytes this host may give to machines; without `disk` a disk of any size may be asked for. */
  readonly host: { readonly cpu: number; readonly memory: number; readonly disk?: number };
  /** Names of the secrets that have a value; absent: not checked. */
  readonly secrets?: ReadonlySet<string>;
  /** Cells to keep: for each axis the values allowed, as text. */
  readonly matrix?: ReadonlyMap<string, ReadonlySet<string>>;
  /** Image of steps that name none. */
  readonly image: string;
  /** One sentence for a reference that leads to no image, else `undefined`; absent: not checked. */
  readonly whyNoImage?: (reference: string) => string | undefined;
  /** Images by the labels of `runs-on`, in lower case. */
  readonly labels: ReadonlyMap<string, string>;
}

export interface PlannedResources {
  /** CPUs, fractions allowed. */
  readonly cpu: number;
  /** Bytes; `undefined` means the file named none and the image's wish or the default holds. */
  readonly memory?: number;
  readonly disk?: number;
  /** True for what the file names itself: such a limit must bind or the step is refused. */
  readonly named: { readonly cpu: boolean; readonly memory: boolean; readonly disk: boolean };
}

export interface PlannedStep {
  readonly id: string;
  readonly named: boolean;
  /** What a forge calls a step that has no id in the file. */
  readonly forgeId?: string;
  readonly name?: Template;
  readonly work: StepWork;
  readonly env: ReadonlyMap<string, Template>;
  readonly secrets: readonly string[];
  /** Every secret of the run may be read through the `secrets` context; none becomes a variable by that. */
  readonly allSecrets: boolean;
  readonly workingDirectory?: Template;
  readonly needs: readonly string[];
  readonly condition?: Template;
  /** See `Step`. */
  readonly background?: boolean;
  /** Reference to an image: a shipped name, a folder or a `.lv` file, relative to the repository. */
  readonly image: string;
  readonly isolation: Isolation;
  readonly network: Network;
  readonly resources: PlannedResources;
  /** Milliseconds, or what is evaluated when the step starts; `undefined` is no limit but the job's. */
  readonly timeout?: number | Minutes;
  readonly retry: { readonly attempts: number; readonly delay: number };
  readonly continueOnError: Maybe<boolean>;
  readonly artifacts: readonly ArtifactSpec[];
  readonly outputs?: readonly string[];
}

/** What a job that runs and one that is called have in common. */
interface PlannedCell {
  /**
   * Unique in the plan: the job's id, for a matrix `id (a, b)` in the order of the axes; of a called workflow's jobs
   * `caller / id`.
   */
  readonly id: string;
  /** The id in the file, which `needs` names; all cells of a matrix share it. */
  readonly jobId: string;
  readonly name?: Template;
  readonly matrix?: { readonly [key: string]: Json };
  readonly strategy: {
    readonly failFast: boolean;
    readonly maxParallel?: number;
    /** 0-based. */
    readonly index: number;
    readonly total: number;
  };
  /** Ids of jobs in the file (`jobId`s). */
  readonly needs: readonly string[];
  readonly condition?: Template;
  /** Absent where the file names none. */
  readonly permissions?: Permissions;
  /** The group that the job waits for its turn in; see `concurrencyOf`. */
  readonly concurrency?: Tree;
}

/** A job whose work is the jobs of another workflow. */
export interface PlannedCall extends PlannedCell {
  readonly kind: 'call';
  readonly call: Call & { readonly workflow: CalledWorkflow };
  /** The called workflow's jobs; their needs are among themselves. */
  readonly plan: CalledPlan;
}

/** A workflow that is called, made ready to run. Its contexts are its caller's, but for its own inputs and secrets. */
export type CalledPlan = Pick<Plan, 'workflow' | 'file' | 'env' | 'jobs' | 'concurrency'>;

export interface PlannedJob extends PlannedCell {
  readonly kind: 'job';
  readonly machine: MachinePolicy;
  readonly env: ReadonlyMap<string, Template>;
  /** Its name, or a map of `name` and `url`. */
  readonly environment?: Tree;
  readonly checkout: Checkout;
  /** It ends before its last step: what is done at a job's end is left out. */
  readonly partial?: boolean;
  readonly outputs: ReadonlyMap<string, Template>;
  readonly artifacts: readonly ArtifactSpec[];
  readonly cache: readonly CacheSpec[];
  readonly continueOnError: Maybe<boolean>;
  /** Milliseconds its last steps have once it is told to stop; absent: the usual. */
  readonly cancelTimeout?: number;
  readonly shell?: Template;
  readonly workingDirectory?: Template;
  /** Milliseconds for the whole job. */
  readonly timeout?: number;
  /** Bytes of the job's disk. */
  readonly disk?: number;
  /** What all its steps run in, but for those that bring an image of their own. */
  readonly container?: PlannedContainer;
  /** What serves its steps while they run, in the order of the file. */
  readonly services: readonly PlannedService[];
  readonly steps: readonly PlannedStep[];
}
