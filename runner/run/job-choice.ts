import { ExpressionError } from '../expression/error.ts';
import { evaluateCondition } from '../expression/evaluate.ts';
import type { Status } from '../expression/scope.ts';
import type { Json, Template } from '../model/workflow.ts';
import type { JobStop } from './cancel.ts';
import type { End } from './ending.ts';

/** What decides whether a job runs, besides its condition. */
export interface JobChoice {
  /** `undefined`: it runs once all it needs has succeeded. */
  readonly condition: Template | undefined;
  /** What the status functions say about all it needs, directly or through others. */
  readonly ends: Pick<Status, 'success' | 'failure' | 'ofJobs'>;
  readonly contexts: { readonly [name: string]: Json };
  readonly stop: JobStop;
}

/** How a job ends that does not run; `undefined` when it runs. */
export function passedOver({ condition, ends, contexts, stop }: JobChoice): End | undefined {
  const why = stop.now.why ?? (stop.asked.why?.reason === 'fail-fast' ? stop.asked.why : undefined);
  if (why !== undefined) {
    return { outcome: 'cancelled', reason: why.reason, detail: why.detail };
  }
  const status = { ...ends, success: ends.success && !stop.cancelled, cancelled: stop.cancelled };
  try {
    if (evaluateCondition(condition, { contexts, status })) {
      return undefined;
    }
  } catch (error) {
    if (!(error instanceof ExpressionError)) {
      throw error;
    }
    return { outcome: 'failure', reason: 'expression', detail: error.message };
  }
  if (stop.asked.why !== undefined) {
    return { outcome: 'cancelled', reason: stop.asked.why.reason, detail: stop.asked.why.detail };
  }
  return { outcome: 'skipped', reason: ends.success ? 'condition' : 'needs' };
}
