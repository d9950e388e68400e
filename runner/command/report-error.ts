import { causeText, HostFault, WrongInput } from '../host/fault.ts';
import type { Problem } from '../model/problem.ts';
import { problemText } from './problem-text.ts';
import { cleanText } from './render/clean-text.ts';

/**
 * Tells an error on stderr and returns the exit code it stands for: 2 for wrong input, 130 for an interruption, 3 for a
 * fault of the host or of LightV itself.
 */
export function reportError(error: unknown): number {
  if (error instanceof WrongInput) {
    printProblems(error.problems);
    return 2;
  }
  if (error instanceof Interrupted) {
    return 130;
  }
  const words = error instanceof HostFault ? error.message : `a bug in LightV: ${causeText(error)}`;
  process.stderr.write(`lightv: ${cleanLines(words)}\n`);
  if (process.env.LIGHTV_DEBUG && error instanceof Error) {
    process.stderr.write(
      `${error.stack ?? ''}\n${error.cause instanceof Error ? `caused by ${error.cause.stack}\n` : ''}`,
    );
  } else if (!(error instanceof HostFault)) {
    process.stderr.write('lightv: set LIGHTV_DEBUG=1 to see where; please report it\n');
  }
  return 3;
}

/** Each with its place, the line it is on and a caret, on stderr. */
function printProblems(problems: readonly Problem[]): void {
  for (const problem of problems) {
    process.stderr.write(`${problemText(problem)}\n`);
  }
}

/** The user stopped the command before it had anything to clean up; told already. */
export class Interrupted extends Error {}

function cleanLines(text: string): string {
  return text
    .split('\n')
    .map((line) => cleanText(line, false))
    .join('\n');
}
