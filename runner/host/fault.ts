import type { Problem } from '../model/problem.ts';

/**
 * The host or LightV itself could not do something: exit code 3. `attempted` says what was tried, in words that follow
 * "could not"; the message is that and the cause's own.
 */
export class HostFault extends Error {
  readonly attempted: string;

  constructor(attempted: string, cause?: unknown) {
    super(`could not ${attempted}${cause === undefined ? '' : `: ${causeText(cause)}`}`, { cause });
    this.name = 'HostFault';
    this.attempted = attempted;
  }
}

/** The user's file, arguments or configuration are wrong: exit code 2. Carries every problem found, at least one. */
export class WrongInput extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map((problem) => problem.message).join('\n'));
    this.name = 'WrongInput';
    this.problems = problems;
  }
}

/** A thrown value as text for a person: its message without a stack. */
export function causeText(cause: unknown): string {
  if (cause instanceof Error) {
    return cause.message === '' ? cause.name : cause.message;
  }
  return String(cause);
}
