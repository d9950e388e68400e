import { fillTemplate } from '../expression/evaluate.ts';
import type { PlanContexts } from '../model/plan.ts';
import type { Problem } from '../model/problem.ts';
import type { Workflow } from '../model/workflow.ts';
import { concurrencyOf } from './concurrency.ts';
import { attempt, type Setting } from './resolve.ts';

/** What is wrong with what a workflow says of its runs as a whole, as far as it can be told before one has a number. */
export function runProblems({ runName, concurrency }: Workflow, contexts: PlanContexts): Problem[] {
  const { github = null, inputs = null, vars = null } = contexts;
  const setting: Setting = { scope: { contexts: { github, inputs, vars } }, problems: [] };
  if (runName !== undefined) {
    attempt(setting, () => fillTemplate(runName, setting.scope));
  }
  if (concurrency !== undefined) {
    attempt(setting, () => concurrencyOf(concurrency, setting.scope));
  }
  return setting.problems;
}
