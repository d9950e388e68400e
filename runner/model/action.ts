import type { Step, Template } from './workflow.ts';

/** The repository of an action at one commit, on this machine. */
export interface FetchedAction {
  /** `owner/repo`. */
  readonly repository: string;
  /** As the workflow wrote it. */
  readonly ref: string;
  /** 40 hex digits. */
  readonly commit: string;
  /**
   * The text of a file of the commit, by its path from the repository's top; `undefined` where there is no such file.
   * Rejects with a `WrongInput` for a file over 1 MiB.
   */
  read(path: string): Promise<string | undefined>;
  /** The files of the commit as a tar, relative to the repository's top, without `.git`. Can be asked for again. */
  tar(signal: AbortSignal): AsyncIterable<Uint8Array>;
}

/**
 * Brings the repository of an action (`owner/repo`) at a branch, a tag or a full commit to this machine. Rejects with a
 * `WrongInput` for what does not exist or cannot be reached.
 */
export type FetchAction = (repository: string, ref: string, signal: AbortSignal) => Promise<FetchedAction>;

/** An input that an action declares. */
export interface ActionInput {
  readonly default?: Template;
  readonly required: boolean;
  readonly deprecation?: string;
}

/** A Node program. Paths are relative to the action's folder. */
export interface JavaScriptRuns {
  readonly kind: 'javascript';
  /** The major version it was written for: 16 counts as 20. */
  readonly node: 20 | 24;
  readonly main: string;
  readonly pre?: string;
  readonly preIf?: Template;
  readonly post?: string;
  readonly postIf?: Template;
}

/** Steps of the action's own, run one after the other on the machine of the step that uses it. */
export interface CompositeRuns {
  readonly kind: 'composite';
  readonly steps: readonly Step[];
  readonly outputs: ReadonlyMap<string, Template>;
}

/** A command in a container of an image of a registry. Each `main`, `pre`, `post` takes the place of the image's own. */
export interface DockerRuns {
  readonly kind: 'docker';
  /** The image's name, without `docker://`. */
  readonly image: string;
  readonly main?: string;
  readonly args: readonly Template[];
  /** Variables for those that have none of the name. */
  readonly env: ReadonlyMap<string, Template>;
  readonly pre?: string;
  readonly preIf?: Template;
  readonly post?: string;
  readonly postIf?: Template;
}

/** What nothing runs yet: a sentence that follows the action's name. */
export interface OtherRuns {
  readonly kind: 'other';
  readonly why: string;
}

/** What an `action.yml` says, validated, its expressions unevaluated. */
export interface ActionDefinition {
  readonly name: string;
  /** By their names in lower case. */
  readonly inputs: ReadonlyMap<string, ActionInput>;
  readonly runs: JavaScriptRuns | DockerRuns | CompositeRuns | OtherRuns;
}
