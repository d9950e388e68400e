import type { HostFault } from '../host/fault.ts';
import type { Conclusion, JobResult, Reason } from '../model/event.ts';

/** How a whole run ended. */
export interface RunOutcome {
  readonly conclusion: Conclusion;
  readonly outcome: Conclusion;
  /** The process's exit code: 0, 1, 3 or 130. */
  readonly exitCode: number;
  readonly reason?: Reason;
  readonly detail?: string;
}

/**
 * One place decides how a run ended: interrupted before anything else, then a fault of the host, then a failed job.
 * `fault` is one of clearing up. Allowed failures are in `conclusion` already; all skipped is good.
 */
export function outcomeOf(
  results: readonly JobResult[],
  interrupted: boolean | { readonly detail: string },
  fault?: HostFault,
): RunOutcome {
  const outcome = worst(results.map((result) => result.outcome));
  const first = (test: (result: JobResult) => boolean) => why(results.find(test));
  if (interrupted !== false) {
    const detail = interrupted === true ? {} : { detail: interrupted.detail };
    return { conclusion: 'cancelled', outcome: 'cancelled', exitCode: 130, reason: 'cancelled', ...detail };
  }
  if (fault !== undefined) {
    return { conclusion: 'failure', outcome: 'failure', exitCode: 3, reason: 'host-fault', detail: fault.message };
  }
  if (results.some((result) => hostFault(result))) {
    return { conclusion: 'failure', outcome: 'failure', exitCode: 3, ...first(hostFault) };
  }
  const conclusion = worst(results.map((result) => result.conclusion));
  if (conclusion === 'failure' || conclusion === 'cancelled') {
    return { conclusion, outcome, exitCode: 1, ...first((result) => result.conclusion === conclusion) };
  }
  return { conclusion, outcome, exitCode: 0 };
}

/** The result a set of jobs has as one: of a matrix, of a run. Nothing at all is `skipped`. */
export function worst(conclusions: readonly Conclusion[]): Conclusion {
  const order: readonly Conclusion[] = ['failure', 'cancelled', 'success'];
  return order.find((conclusion) => conclusions.includes(conclusion)) ?? 'skipped';
}

function hostFault(result: JobResult): boolean {
  return result.reason === 'host-fault' || result.steps.some((step) => step.reason === 'host-fault');
}

function why(result: JobResult | undefined): { reason?: Reason; detail?: string } {
  if (result === undefined) {
    return {};
  }
  const fault = result.steps.find((step) => step.reason === 'host-fault') ?? result;
  return {
    ...(fault.reason === undefined ? {} : { reason: fault.reason }),
    ...(fault.detail === undefined ? {} : { detail: `${result.id}: ${fault.detail}` }),
  };
}
