import { execa } from 'execa';

/** How a program of this host ended: by its exit code or by a signal. */
export type ProgramEnd =
  | { readonly code: number; readonly signal?: undefined }
  | { readonly code?: undefined; readonly signal: string };

/**
 * Runs a program and hands over its stdout line by line while it runs; its stderr is ours. Lines wait in the pipe while
 * `take` is at work. Resolves to the way it ended; rejects when it cannot be started or when `take` does.
 */
export async function eachLine(
  argv: readonly [string, ...string[]],
  take: (line: string) => void | Promise<void>,
): Promise<ProgramEnd> {
  const [file, ...args] = argv;
  const child = execa(file, args, { reject: false, buffer: false, stdin: 'ignore', stderr: 'inherit' });
  for await (const line of child.iterable()) {
    await take(line);
  }
  const { exitCode, signal, cause } = await child;
  if (signal !== undefined) {
    return { signal };
  }
  if (exitCode === undefined) {
    throw cause ?? new Error(`${file} could not be started`);
  }
  return { code: exitCode };
}
