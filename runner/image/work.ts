/** What every part of a build is handed: a folder of its own for what is not to stay, whom to tell, when to stop. */
export interface BuildWork {
  readonly temporary: string;
  readonly onProgress: (line: string) => void;
  readonly signal: AbortSignal;
}
