import { once } from 'node:events';
import { WrongInput } from '../host/fault.ts';
import { noteInterrupt } from './interrupt.ts';
import { askedFiles } from './plan-request.ts';
import { shortPath } from './render/problem-line.ts';
import { reportError } from './report-error.ts';
import { type Begun, runOnce } from './run-once.ts';
import type { RunOptions } from './run-options.ts';
import { changedNames, WatchedTree } from './watched-tree.ts';

/**
 * Runs, and runs anew whenever a file changes: one that is tracked, or that git does not ignore, of the repositories of the
 * pipelines, else the pipelines themselves. What changes while a run goes on ends that run. Ends on Ctrl-C, with 130.
 */
export async function watchAndRun(paths: readonly string[], options: RunOptions): Promise<number> {
  if (options.rerunFailed !== undefined) {
    throw new WrongInput([{ message: '--watch and --rerun-failed do not go together: one of them decides what runs' }]);
  }
  const interrupted = noteInterrupt();
  const { files } = await askedFiles(paths, options);
  const tree = await WatchedTree.open(files, options.out === undefined ? [] : [options.out]);
  try {
    for (;;) {
      const changed = tree.next();
      const begun: Begun = {};
      await runAgain(paths, options, begun, changed);
      if (begun.interrupted !== true && !changed.aborted) {
        await waitFor(changed, interrupted.signal);
      }
      if (interrupted.signal.aborted) {
        return 130;
      }
      const [first = '', ...others] = changedNames(changed).map(shortPath);
      say(`${first}${others.length > 0 ? ` and ${others.length} more` : ''} changed`);
    }
  } finally {
    await tree.close();
    interrupted.close();
  }
}

/** Wrong files are told and waited for: most of them are about to be put right. */
async function runAgain(
  paths: readonly string[],
  options: RunOptions,
  begun: Begun,
  changed: AbortSignal,
): Promise<void> {
  try {
    await runOnce(paths, options, begun, changed);
  } catch (error) {
    if (!(error instanceof WrongInput)) {
      throw error;
    }
    reportError(error);
  }
}

/** Waits for a change, or until the user does not want to. */
async function waitFor(changed: AbortSignal, interrupted: AbortSignal): Promise<void> {
  say('waiting for a change; Ctrl-C ends');
  const either = AbortSignal.any([changed, interrupted]);
  if (!either.aborted) {
    await once(either, 'abort');
  }
}

function say(text: string): void {
  process.stderr.write(`lightv: ${text}\n`);
}
