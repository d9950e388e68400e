import type { PlannedCall } from '../model/plan.ts';
import type { Job } from '../model/workflow.ts';
import { callInputs } from './call-inputs.ts';
import { readsLate } from './deferred.ts';
import { orderJobs } from './order.ts';
import type { PlanJobs, PlanPlace } from './place.ts';
import type { Setting } from './resolve.ts';

type Head = Omit<PlannedCall, 'kind' | 'call' | 'plan'>;

/** A job that calls a workflow, with the jobs of that workflow as far as they are known. Throws for one that nobody read. */
export function planCall(
  job: Job,
  head: Head,
  place: PlanPlace,
  setting: Setting,
  planJobs: PlanJobs,
): PlannedCall | undefined {
  const workflow = job.call?.workflow;
  if (job.call === undefined || workflow === undefined) {
    throw new Error(`the workflow that job '${job.id}' calls was not read before it was planned`);
  }
  const call = { ...job.call, workflow };
  const inputs = callInputs(call, setting.scope, (template) => readsLate(template, place.late));
  setting.problems.push(...inputs.problems);
  if (inputs.problems.length > 0) {
    return undefined;
  }
  const contexts = { ...place.contexts, inputs: inputs.values };
  const inside: PlanPlace = { ...place, contexts, late: inputs.late, within: head.id };
  const { jobs, problems } = planJobs(orderJobs(workflow.jobs).ordered, inside);
  setting.problems.push(...problems);
  const { name, file, env, concurrency } = workflow;
  const plan = { workflow: name, file, env, ...(concurrency === undefined ? {} : { concurrency }), jobs };
  return { kind: 'call', ...head, call, plan };
}
