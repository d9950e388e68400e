import { conditionReferences } from '../expression/check.ts';
import { ExpressionError } from '../expression/error.ts';
import { evaluateCondition } from '../expression/evaluate.ts';
import type { Scope } from '../expression/scope.ts';
import type { DeferredJob, Plan, PlannedCall, PlannedJob, PlannedStep } from '../model/plan.ts';
import type { Json, Template } from '../model/workflow.ts';

/** What can be said before a run of whether something in it runs; `why` is a part of a sentence. */
export type Foresight =
  | { readonly runs: 'yes' }
  | { readonly runs: 'no' | 'perhaps' | 'after-failure'; readonly why: string };

type AnyJob = PlannedJob | PlannedCall | DeferredJob;

const yes: Foresight = { runs: 'yes' };

/** Contexts whose values stand before a run begins, in lower case. */
const before = ['github', 'vars', 'inputs'];

/** Foresees the jobs of a plan, by their ids. */
export function foreseeJobs({ jobs, contexts }: Pick<Plan, 'jobs' | 'contexts'>): ReadonlyMap<string, Foresight> {
  const found = new Map<string, Foresight>();
  const known = only(contexts, before);
  for (const job of jobs) {
    const needs = job.needs.flatMap((need) =>
      jobs.filter(({ jobId }) => jobId === need).map(({ id }) => found.get(id)),
    );
    const missing = needs.some((need) => need?.runs === 'no');
    const condition = job.kind === 'deferred' ? job.job.condition : job.condition;
    const seen = foresee(condition, known, missing);
    found.set(job.id, missing && seen.runs === 'no' ? { runs: 'no', why: 'what it needs is skipped' } : seen);
  }
  return found;
}

/** Foresees a step of a job that runs. */
export function foreseeStep(step: Pick<PlannedStep, 'condition'>, job: AnyJob, contexts: Plan['contexts']): Foresight {
  const cell = job.kind === 'deferred' ? {} : { matrix: job.matrix ?? {} };
  return foresee(step.condition, { ...only(contexts, [...before, 'runner']), ...cell }, false);
}

/** `missing`: something it needs is skipped. */
function foresee(
  condition: Template | undefined,
  known: { readonly [name: string]: Json },
  missing: boolean,
): Foresight {
  if (condition === undefined) {
    return missing ? { runs: 'no', why: 'its condition is not met' } : yes;
  }
  const unknown = conditionReferences(condition).find(({ context }) => !(context in known));
  if (unknown !== undefined || /\bhashFiles\s*\(/i.test(condition.text)) {
    return { runs: 'perhaps', why: `if ${shown(condition)}` };
  }
  const holds = (status: Scope['status'] & object) => evaluateCondition(condition, { contexts: known, status });
  try {
    if (holds({ success: !missing, failure: false, cancelled: false })) {
      return yes;
    }
    if (holds({ success: false, failure: true, cancelled: false })) {
      return { runs: 'after-failure', why: 'only after a failure' };
    }
    return holds({ success: false, failure: false, cancelled: true })
      ? { runs: 'after-failure', why: 'only when the run is cancelled' }
      : { runs: 'no', why: `if ${shown(condition)} is false` };
  } catch (error) {
    if (error instanceof ExpressionError) {
      return { runs: 'perhaps', why: `if ${shown(condition)}, which cannot be evaluated: ${error.message}` };
    }
    throw error;
  }
}

function only(contexts: Plan['contexts'], names: readonly string[]): { [name: string]: Json } {
  return Object.fromEntries(names.flatMap((name) => (contexts[name] === undefined ? [] : [[name, contexts[name]]])));
}

/** A condition on one line, without the marks around it. */
function shown({ text }: Template): string {
  const line = text.replace(/\s+/g, ' ').trim();
  const bare = /^\$\{\{(.*)\}\}$/.exec(line)?.[1]?.trim();
  return bare === undefined || bare.includes('${{') ? line : bare;
}
