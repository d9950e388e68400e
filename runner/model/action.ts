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
