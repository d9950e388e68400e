import { causeText, WrongInput } from '../host/fault.ts';
import type { ProblemEvent, RunEndEvent } from '../model/event.ts';

/** What is known of a run that came to no end of its own; `run` is `''` where none had begun. */
export interface Failed {
  readonly run: string;
  readonly time: string;
  readonly durationMs: number;
  /** The user stopped it. */
  readonly interrupted: boolean;
}

/** What `error` is to those who follow events: every problem by itself, then the end with the exit code. */
export function failureEvents(error: unknown, failed: Failed): readonly [...ProblemEvent[], RunEndEvent] {
  const { run, time, durationMs, interrupted } = failed;
  const problems = error instanceof WrongInput ? error.problems : [];
  const told = problems.map((problem): ProblemEvent => ({ type: 'problem', run, time, problem }));
  return [...told, { type: 'run-end', run, time, ...endOf(error, interrupted), durationMs }];
}

type End = Pick<RunEndEvent, 'conclusion' | 'outcome' | 'exitCode' | 'reason' | 'detail'>;

function endOf(error: unknown, interrupted: boolean): End {
  if (interrupted) {
    return { conclusion: 'cancelled', outcome: 'cancelled', exitCode: 130, reason: 'cancelled' };
  }
  const failed = { conclusion: 'failure', outcome: 'failure' } as const;
  return error instanceof WrongInput
    ? { ...failed, exitCode: 2 }
    : { ...failed, exitCode: 3, reason: 'host-fault', detail: causeText(error) };
}
