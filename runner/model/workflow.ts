import type { Place } from './problem.ts';

/** The value of an expression or of a YAML node. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Text that may hold `${{ }}`, not yet evaluated, with the place of its first character. */
export interface Template {
  readonly text: string;
  readonly place: Place;
  /**
   * Where parts of the text stand in the file, by rising offset, where they do not follow `place` line by line
   * (folded or quoted scalars). Lines and columns are 1-based.
   */
  readonly stretches?: readonly { readonly offset: number; readonly line: number; readonly column: number }[];
}

/** A value that is either known from the file or is an expression to evaluate later. */
export type Maybe<T> = T | Template;

/** A value of the file in whose texts and keys expressions may stand, unevaluated; see `evaluateTree`. */
export type Tree =
  | { readonly kind: 'value'; readonly value: Json; readonly place: Place }
  | { readonly kind: 'text'; readonly template: Template }
  | { readonly kind: 'list'; readonly items: readonly Tree[]; readonly place: Place }
  | { readonly kind: 'map'; readonly entries: readonly TreeEntry[]; readonly place: Place };

export interface TreeEntry {
  /** `${{ insert }}` stands for the entries of the object that `value` gives. */
  readonly key: Template;
  readonly value: Tree;
}

/** What a file may ask for; `auto` takes the strongest level that was shown to work here. */
export type Isolation = 'auto' | IsolationLevel;

/** Strongest first. */
export type IsolationLevel = 'microvm' | 'gvisor' | 'sandbox' | 'wasm';

/** `none`: no interface but loopback. `full`: everything but the host's loopback and link-local addresses. */
export type Network =
  | { readonly kind: 'none' }
  | { readonly kind: 'full' }
  | { readonly kind: 'allow'; readonly hosts: readonly string[] };

/** How machines follow each other through a job's steps; see the README's "What a step sees". */
export type MachinePolicy = 'fresh' | 'auto' | 'kept';

/** CPUs (fractions allowed) and bytes. A field left out takes the default of the level above. */
export interface Resources {
  readonly cpu?: number;
  readonly memory?: number;
  readonly disk?: number;
}

export interface ArtifactSpec {
  readonly name: Template;
  /** Globs relative to the workspace, in order; a leading `!` takes out what was matched so far. */
  readonly path: readonly Template[];
  readonly when: 'success' | 'failure' | 'always';
  readonly ifMissing: 'warn' | 'error' | 'ignore';
}

export interface CacheSpec {
  readonly key: Template;
  readonly restoreKeys: readonly Template[];
  readonly paths: readonly Template[];
}

/** `true`: the working tree at hand. `false`: an empty workspace. `default`: as `true` inside git, else empty with a notice. */
export type Checkout =
  | boolean
  | 'default'
  | { readonly repository: Template; readonly ref?: Template; readonly depth?: number };

export interface Strategy {
  /** A map of axes with `include` and `exclude`, or one expression that yields the whole object. */
  readonly matrix?: Tree;
  readonly failFast: Maybe<boolean>;
  readonly maxParallel?: Maybe<number>;
}

/** A duration whose expression gives a number of minutes, fractions allowed. */
export interface Minutes {
  readonly minutes: Template;
}

/** What both a job and a step may set; a step's wins over its job's, a job's over `defaults`. */
export interface MachineWishes {
  readonly image?: Template;
  readonly isolation?: Maybe<Isolation>;
  readonly network?: Maybe<Network>;
  readonly resources?: { readonly [K in keyof Resources]: Maybe<number> };
  /** Milliseconds. */
  readonly timeout?: Maybe<number> | Minutes;
  /** Where each wish stands, by its key in the file (`image`, `resources.cpu`). */
  readonly places?: ReadonlyMap<string, Place>;
}

/** Which action a step runs: a folder of the workspace, a folder of a repository at a ref, or an image. */
export type ActionReference =
  | { readonly kind: 'local'; readonly path: string }
  /** Of the repository, at the commit, of the file that names it; planning and fetching say which that is. */
  | { readonly kind: 'self'; readonly path: string }
  /** `path` is relative to the repository's top, `''` for the top itself. */
  | { readonly kind: 'repository'; readonly repository: string; readonly path: string; readonly ref: string }
  | { readonly kind: 'image'; readonly image: string };

export interface ScriptWork {
  readonly kind: 'script';
  readonly script: Template;
  /** A shell's name (`bash`, `sh`, `python`, `node`) or a command line holding `{0}` for the script's path. */
  readonly shell?: Template;
}

export interface ActionWork {
  readonly kind: 'action';
  readonly reference: ActionReference;
  /** As the file writes it, with its place. */
  readonly uses: Template;
  /** Inputs by their names in the file; they are found in any case. */
  readonly inputs: ReadonlyMap<string, Template>;
}

/**
 * What actions have done around the step that uses them: before the job's steps, the `pre` script of its action; behind
 * them the ends of all actions it began, the last one first.
 */
export interface AroundWork {
  readonly kind: 'pre' | 'post';
  /** Id of that step. */
  readonly of: string;
  readonly uses: Template;
}

/**
 * What a step does about steps in the background: it waits until they have ended, or ends them first. Steps behind it
 * see what those gave.
 */
export interface ControlWork {
  readonly kind: 'wait' | 'cancel';
  /** Ids of earlier steps in the background. */
  readonly steps: readonly string[];
  readonly place: Place;
}

/** What a step does. A forge's step may be an action; the native language has scripts only. */
export type StepWork = ScriptWork | ActionWork | AroundWork | ControlWork;

export interface Step extends MachineWishes {
  /** The id in the file, or a generated one (`step-1`, 1-based) that contexts do not show. */
  readonly id: string;
  readonly named: boolean;
  /** What a forge calls a step that has no id in the file. */
  readonly forgeId?: string;
  readonly name?: Template;
  readonly work: StepWork;
  readonly env: ReadonlyMap<string, Template>;
  readonly secrets: readonly Template[];
  /** Every secret of the run may be read through the `secrets` context; none becomes a variable by that. */
  readonly allSecrets?: boolean;
  readonly workingDirectory?: Template;
  /** Ids of earlier steps; `undefined` in a file became the step before, so this is complete. */
  readonly needs: readonly string[];
  readonly condition?: Template;
  /** Steps behind it go on while it runs, on one machine with it; what it gives is seen once a step waited for it. */
  readonly background?: boolean;
  readonly retry: { readonly attempts: Maybe<number> /** Milliseconds. */; readonly delay: Maybe<number> };
  readonly continueOnError: Maybe<boolean>;
  readonly artifacts: readonly ArtifactSpec[];
  /** Names this step declares; `undefined` lets all flow. */
  readonly outputs?: readonly string[];
  readonly place: Place;
}

/** What a forge's token may do in a job, by the names of its scopes; a scope that is not there may do nothing. */
export type Permissions = { readonly [scope: string]: 'read' | 'write' };

/** Where a workflow is that a job calls: `path` is relative to its repository's top. */
export type WorkflowReference =
  /** In the repository, and at the commit, of the workflow that calls it. */
  | { readonly kind: 'local'; readonly path: string }
  | { readonly kind: 'repository'; readonly repository: string; readonly path: string; readonly ref: string };

/** An input or a secret that a caller hands over. */
export interface CallArgument {
  /** As the caller writes it; declared names are found in any case. */
  readonly name: string;
  readonly value: Maybe<null | boolean | number | string>;
  /** Of its name. */
  readonly place: Place;
  readonly valuePlace: Place;
}

/** A job that is the jobs of another workflow. */
export interface Call {
  /** As the file writes it, with its place. */
  readonly uses: Template;
  readonly reference: WorkflowReference;
  readonly inputs: readonly CallArgument[];
  /** `inherit`: all that the caller has. */
  readonly secrets: readonly CallArgument[] | 'inherit';
  /** What `reference` names, once it was found: whoever plans the job needs it. */
  readonly workflow?: CalledWorkflow;
}

export type InputType = 'string' | 'boolean' | 'number';

export interface CallInput {
  readonly name: string;
  readonly type: InputType;
  readonly required: boolean;
  /** `false`, `0` or an empty text where the file names none. */
  readonly default: Maybe<boolean | number | string>;
}

/** What a workflow takes from those that call it, and gives them. */
export interface CallInterface {
  readonly inputs: readonly CallInput[];
  readonly secrets: readonly { readonly name: string; readonly required: boolean }[];
  readonly outputs: ReadonlyMap<string, Template>;
}

export interface Job extends MachineWishes {
  readonly id: string;
  /** The job is called, not run: it has no steps then. */
  readonly call?: Call;
  /** Labels a runner must have: a label, a list, `{group, labels}`, or expressions for these. They stand for an image. */
  readonly runsOn?: Tree;
  /** The image that the steps run in, or a map that names it and more. */
  readonly container?: Tree;
  /** By name: what serves the steps while they run, each as `container`. */
  readonly services?: Tree;
  /** The job's own, else its workflow's; absent where neither names any. */
  readonly permissions?: Permissions;
  /** A group's name, or a map of `group`, `cancel-in-progress` and `queue`. */
  readonly concurrency?: Tree;
  /** A name, or a map of `name`, `url` and `deployment`. */
  readonly environment?: Tree;
  readonly name?: Template;
  readonly needs: readonly { readonly id: string; readonly place: Place }[];
  readonly condition?: Template;
  readonly machine: Maybe<MachinePolicy>;
  readonly env: ReadonlyMap<string, Template>;
  /** `undefined`: steps may name any secret given on the command line; a list bounds them. */
  readonly secrets?: readonly Template[];
  readonly checkout: Checkout;
  /** It was cut at a step: what is done at a job's end is left out. */
  readonly partial?: boolean;
  /** One expression may give the whole of it. */
  readonly strategy?: Strategy | Template;
  readonly outputs: ReadonlyMap<string, Template>;
  readonly artifacts: readonly ArtifactSpec[];
  readonly cache: readonly CacheSpec[];
  readonly continueOnError: Maybe<boolean>;
  /** Milliseconds that steps with `always()` or `cancelled()` have once the job is told to stop; absent: the usual. */
  readonly cancelTimeout?: Maybe<number> | Minutes;
  readonly shell?: Template;
  readonly workingDirectory?: Template;
  readonly steps: readonly Step[];
  readonly place: Place;
}

/** One event name of `on`. */
export interface Trigger {
  readonly event: string;
  /** What stands below the event's name, as found: branches, types, inputs. */
  readonly filters?: Json;
  /** What whoever starts a run may say. */
  readonly inputs?: readonly DispatchInput[];
  readonly place: Place;
}

/** An input of `workflow_dispatch`. */
export interface DispatchInput {
  readonly name: string;
  readonly type: 'string' | 'boolean' | 'number' | 'choice' | 'environment';
  readonly required: boolean;
  readonly default?: boolean | number | string;
  /** Of a choice. */
  readonly options: readonly string[];
  readonly place: Place;
}

export type Dialect = 'lightv' | 'github' | 'gitlab';

/** What a file says, validated, with places and with its expressions unevaluated. Pure data. */
export interface Workflow {
  readonly name: string;
  /** Absolute path. */
  readonly file: string;
  readonly dialect: Dialect;
  readonly on: readonly Trigger[];
  /** What a run is called instead of the workflow's name. */
  readonly runName?: Template;
  /** See the job's. */
  readonly concurrency?: Tree;
  readonly env: ReadonlyMap<string, Template>;
  /** In the order of the file. */
  readonly jobs: readonly Job[];
  /** What the file asks for that makes no difference here; told at the start of a run. */
  readonly notices?: readonly string[];
  /** Absent: no other workflow can call it. */
  readonly call?: CallInterface;
}

/** The repository that a called workflow's file is in, and the commit it was read at. */
export interface WorkflowOrigin {
  readonly repository: string;
  readonly ref: string;
  readonly sha: string;
}

/** A workflow that can be called, where it was found. */
export interface CalledWorkflow extends Workflow {
  readonly call: CallInterface;
  /** Relative to its repository's top. */
  readonly path: string;
  /** Absent: the repository at hand, as it is now. */
  readonly origin?: WorkflowOrigin;
}
