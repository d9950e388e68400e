import { WrongInput } from '../host/fault.ts';
import type { Exit } from '../model/machine.ts';
import type { ShownMachine } from '../run/shown-machine.ts';
import { openRawTerminal } from './raw-terminal.ts';
import type { Screen } from './render/screen.ts';

/** Throws a `WrongInput` where nobody could use the shell that `option` asks for. */
export function checkShell(option: string, json: boolean): void {
  if (json) {
    throw new WrongInput([{ message: `${option}: a shell and --json cannot share a terminal` }]);
  }
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw new WrongInput([{ message: `${option}: there is no terminal to open a shell on` }]);
  }
}

/**
 * Opens a shell in the machine of a step that failed, on this terminal, one after the other; `screen` waits meanwhile. How
 * the shell ends means nothing to the run.
 */
export function failureShell(screen: Screen): (failed: ShownMachine) => Promise<void> {
  let turn: Promise<void> = Promise.resolve();
  return (failed) => {
    const mine = turn.then(async () => {
      if (!failed.signal.aborted) {
        const head = `${failed.job}: step "${failed.step}" failed; this is a shell in its machine, as it left it (exit: go on)`;
        await openShell(failed, screen, head);
      }
    });
    turn = mine.catch(() => {});
    return mine;
  };
}

/** A shell on this terminal, in a machine, below a line that says where one is; `screen` waits meanwhile. */
export async function openShell({ shells, exec }: ShownMachine, screen: Screen, head: string): Promise<void> {
  const resume = await screen.pause();
  try {
    process.stdout.write(`\n${head}\n`);
    const { terminal, stdin, output, name, close } = openRawTerminal();
    let exit: Exit;
    try {
      exit = await exec({ argv: [shells[0] ?? '/bin/sh'], env: { TERM: name }, stdin, terminal }, output);
    } finally {
      close();
    }
    process.stdout.write(`\n${endOf(exit)}\n\n`);
  } finally {
    resume();
  }
}

function endOf(exit: Exit): string {
  return exit.kind === 'exited' || exit.kind === 'signalled'
    ? 'the shell has ended'
    : `the shell has ended: ${exit.kind === 'out-of-memory' ? 'the machine ran out of memory' : exit.detail}`;
}
