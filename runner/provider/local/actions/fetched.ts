import { HostFault, WrongInput } from '../../../host/fault.ts';
import { startTied } from '../../../host/start.ts';
import type { FetchedAction } from '../../../model/action.ts';
import { askGit, gitIn } from '../git.ts';

/** Bytes: no manifest of an action comes near. */
export const largestManifest = 1024 ** 2;

/** A commit that is in the bare repository `folder`. `run` owns the programs that read it. */
export function fetchedAction(
  what: { readonly repository: string; readonly ref: string; readonly commit: string },
  folder: string,
  run: string,
): FetchedAction {
  return {
    ...what,
    read: async (path) => await readFile(folder, `${what.commit}:${path}`),
    tar: (signal) => archive(folder, what.commit, run, signal),
  };
}

async function readFile(folder: string, object: string): Promise<string | undefined> {
  const git = gitIn(folder);
  if ((await askGit(git, 'cat-file', '-t', object)) !== 'blob') {
    return undefined;
  }
  const size = Number(await askGit(git, 'cat-file', '-s', object));
  if (size > largestManifest) {
    throw new WrongInput([{ message: `${object} has ${size} bytes; allowed: ${largestManifest}` }]);
  }
  return await git.raw(['cat-file', 'blob', object]);
}

/** What git's own archives hold, `export-ignore` and `export-subst` included, as the forge's archives do. */
async function* archive(folder: string, commit: string, run: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const child = startTied(['git', '-C', folder, 'archive', '--format=tar', commit], run);
  const words: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => words.length < 16 && words.push(chunk));
  const stop = () => child.kill();
  signal.addEventListener('abort', stop, { once: true });
  try {
    yield* child.stdout as AsyncIterable<Uint8Array>;
    const end = await child.ended;
    signal.throwIfAborted();
    if (end !== 'ended with exit code 0') {
      throw new HostFault(`read the commit ${commit} of an action`, Buffer.concat(words).toString().trim() || end);
    }
  } finally {
    signal.removeEventListener('abort', stop);
    child.kill();
  }
}
