import { WrongInput } from '../host/fault.ts';
import type { Exit } from '../model/machine.ts';
import type { FailedMachine } from '../run/failed-machine.ts';
import { openRawTerminal } from './raw-terminal.ts';
import type { Screen } from './render/screen.ts';
import type { RunOptions } from './run-options.ts';

/** Throws a `WrongInput` where nobody could use a shell. */
export function checkShell({ shellOnFailure, json }: Pick<RunOptions, 'shellOnFailure' | 'json'>): void {
  if (!shellOnFailure) {
    return;
  }
  if (json) {
    throw new WrongInput([{ message: '--shell-on-failure: a shell and --json cannot share a terminal' }]);
  }
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw new WrongInput([{ message: '--shell-on-failure: there is no terminal to open a shell on' }]);
  }
}

/**
 * Opens a shell in the machine of a step that failed, on this terminal, one after the other; `screen` waits meanwhile. How
 * the shell ends means nothing to the run.
 */
export function failureShell(screen: Screen): (failed: FailedMachine) => Promise<void> {
  let turn: Promise<void> = Promise.resolve();
  return (failed) => {
    const mine = turn.then(async () => {
      if (!failed.signal.aborted) {
        await openShell(failed, screen);
      }
    });
    turn = mine.catch(() => {});
    return mine;
  };
}

async function openShell({ job, step, shells, exec }: FailedMachine, screen: Screen): Promise<void> {
  const resume = await screen.pause();
  try {
    process.stdout.write(
      `\n${job}: step "${step}" failed; this is a shell in its machine, as it left it (exit: go on)\n`,
    );
    const { terminal, stdin, output, name, close } = openRawTerminal();
    let exit: Exit;
    try {
      exit = await exec({ argv: [shells[0] ?? '/bin/sh'], env: { TERM: name }, stdin, terminal }, output);
    } finally {
      close();
    }
    process.stdout.write(`\n${endOf(exit)}; the run goes on\n\n`);
  } finally {
    resume();
  }
}

function endOf(exit: Exit): string {
  return exit.kind === 'exited' || exit.kind === 'signalled'
    ? 'the shell has ended'
    : `the shell has ended: ${exit.kind === 'out-of-memory' ? 'the machine ran out of memory' : exit.detail}`;
}
