import { execa, type Options } from 'execa';
import { causeText, HostFault } from './fault.ts';
import { findProgram } from './packages.ts';
import { killGroup } from './process-group.ts';

/** What a host program printed; both texts without their last line end. */
export interface ProgramOutput {
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly signal?: AbortSignal;
  readonly cwd?: string;
  /** The whole environment, when given. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
  /** A file the program reads as its stdin; not together with `input`. */
  readonly inputFile?: string;
  /** Read as its stdin, as fast as the program takes it; what it throws ends the program and is thrown. */
  readonly inputStream?: AsyncIterable<Uint8Array>;
  /** Called with each line of both streams as it comes, without its line end. */
  readonly onLine?: (line: string) => void;
  /** Milliseconds, 120,000 when left out; then the program's whole process group is killed. */
  readonly timeout?: number;
}

/**
 * Runs a program of this host to its end. Throws a `HostFault` naming `attempted` with the program's last words when it
 * is missing, fails, is aborted or runs over its time.
 */
export async function runProgram(
  attempted: string,
  argv: readonly [string, ...string[]],
  options: ProgramOptions = {},
): Promise<ProgramOutput> {
  const [file, ...args] = argv;
  const input = options.inputStream === undefined ? undefined : watched(options.inputStream);
  const child = execa(file, args, {
    ...(input === undefined ? stdinOf(options) : { stdin: input.stream }),
    ...(options.onLine === undefined ? {} : linesTo(options.onLine)),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: options.env, extendEnv: false }),
    detached: true,
    maxBuffer: 16 * 1024 * 1024,
  } satisfies Options);
  const stop = () => killGroup(child.pid);
  const timer = setTimeout(stop, options.timeout ?? 120_000);
  options.signal?.addEventListener('abort', stop, { once: true });
  if (options.signal?.aborted === true) {
    stop();
  }
  try {
    const result = await child;
    return { stdout: result.stdout, stderr: result.stderr };
  } catch (error) {
    options.signal?.throwIfAborted();
    throw input?.broken === undefined ? new HostFault(attempted, lastWords(file, error)) : input.broken.error;
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', stop);
  }
}

/** A stream that tells whether it was the one that failed. */
function watched(stream: AsyncIterable<Uint8Array>): {
  readonly stream: AsyncGenerator<Uint8Array>;
  readonly broken: { readonly error: unknown } | undefined;
} {
  let broken: { readonly error: unknown } | undefined;
  const pass = async function* () {
    try {
      yield* stream;
    } catch (error) {
      broken = { error };
      throw error;
    }
  };
  return {
    stream: pass(),
    get broken() {
      return broken;
    },
  };
}

function stdinOf(options: ProgramOptions) {
  if (options.inputFile !== undefined) {
    return { stdin: { file: options.inputFile } } as const;
  }
  return options.input === undefined
    ? ({ stdin: 'ignore' } as const)
    : ({ stdin: 'pipe', input: options.input } as const);
}

function linesTo(onLine: (line: string) => void) {
  const tell = function* (line: unknown) {
    onLine(String(line));
    yield line;
  };
  return { stdout: tell, stderr: tell };
}

function lastWords(file: string, error: unknown): string {
  if (!(error instanceof Error)) {
    return causeText(error);
  }
  const { shortMessage, stderr, code } = error as { shortMessage?: string; stderr?: unknown; code?: string };
  if (code === 'ENOENT' && findProgram(file) === undefined) {
    return `there is no program ${file} here`;
  }
  const words = typeof stderr === 'string' ? stderr.trim().split('\n').slice(-5).join('\n') : '';
  return words === '' ? (shortMessage ?? error.message) : `${file}: ${words}`;
}
