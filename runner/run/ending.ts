import { ExpressionError } from '../expression/error.ts';
import { GuestRefusal } from '../guest/copy.ts';
import { causeText, HostFault, WrongInput } from '../host/fault.ts';
import type { Conclusion, Reason } from '../model/event.ts';
import type { Exit } from '../model/machine.ts';
import type { Problem } from '../model/problem.ts';
import { TooManyMasks } from '../output/step-log.ts';
import { Stopped, type StopReason } from './stop.ts';

/** How an attempt at a step, or a job, ended, before `continue-on-error`. */
export interface End {
  readonly outcome: Conclusion;
  readonly exitCode?: number;
  readonly signal?: string;
  readonly reason?: Reason;
  readonly detail?: string;
}

/** A failure with a known reason, thrown within an attempt. */
export class StepFailure extends Error {
  readonly reason: Reason;

  constructor(reason: Reason, detail: string) {
    super(detail);
    this.name = 'StepFailure';
    this.reason = reason;
  }
}

export const succeeded: End = { outcome: 'success' };

/** What a command's exit means for its step. */
export function endOfExit(exit: Exit): End {
  switch (exit.kind) {
    case 'exited':
      return exit.code === 0
        ? { outcome: 'success', exitCode: 0 }
        : { outcome: 'failure', exitCode: exit.code, reason: 'exit-code', detail: `exit code ${exit.code}` };
    case 'signalled':
      return { outcome: 'failure', signal: exit.signal, reason: 'signal', detail: `ended by ${exit.signal}` };
    case 'out-of-memory':
      return { outcome: 'failure', reason: 'out-of-memory', detail: 'the machine ran out of memory' };
    case 'not-started':
      return { outcome: 'failure', reason: 'not-started', detail: exit.detail };
    case 'lost':
      return { outcome: 'failure', reason: 'guest-lost', detail: exit.detail };
  }
}

/** The end of what was stopped: calling off is no failure, running out of time is. */
export function endOfStop({ reason, detail }: StopReason): End {
  const calledOff = reason === 'cancelled' || reason === 'fail-fast';
  return { outcome: calledOff ? 'cancelled' : 'failure', reason, detail };
}

/** The end of an attempt that threw; a stop that was asked for explains it. */
export function endOfError(error: unknown, why: StopReason | undefined): End {
  const stopped = why ?? (error instanceof Stopped ? error.why : undefined);
  if (stopped !== undefined) {
    return endOfStop(stopped);
  }
  const failed = (reason: Reason): End => ({ outcome: 'failure', reason, detail: causeText(error) });
  if (error instanceof StepFailure) {
    return failed(error.reason);
  }
  if (error instanceof HostFault) {
    return failed('host-fault');
  }
  if (error instanceof ExpressionError) {
    return failed('expression');
  }
  if (error instanceof TooManyMasks) {
    return failed('log-limit');
  }
  if (error instanceof WrongInput || error instanceof GuestRefusal) {
    return failed('not-started');
  }
  // What is left comes from a machine that did not answer.
  return failed('guest-lost');
}

/** The problems, with their places, behind an error that a user can mend. */
export function problemsOf(error: unknown): readonly Problem[] {
  if (error instanceof WrongInput) {
    return error.problems;
  }
  return error instanceof ExpressionError ? [error.problem] : [];
}
