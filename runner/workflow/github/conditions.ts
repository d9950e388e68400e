import { checkCondition } from '../../expression/check.ts';
import { statusFunctions } from '../../expression/scope.ts';
import type { Problem } from '../../model/problem.ts';
import type { Job } from '../../model/workflow.ts';

/** What the `if` of a job and of a step may read, by GitHub's table of context availability. */
const ofJob = { contexts: ['github', 'inputs', 'needs', 'vars'], functions: statusFunctions, jobStatus: true };
const ofStep = {
  contexts: ['env', 'github', 'inputs', 'job', 'matrix', 'needs', 'runner', 'steps', 'strategy', 'vars'],
  functions: [...statusFunctions, 'hashFiles'],
};

/** Conditions are looked at here: GitHub's parser leaves them to a later pass, which it skips when others are wrong. */
export function conditionProblems(jobs: readonly Job[], told: readonly Problem[]): Problem[] {
  const found = jobs.flatMap((job) => [
    ...(job.condition === undefined ? [] : checkCondition(job.condition, ofJob)),
    ...job.steps.flatMap((step) => (step.condition === undefined ? [] : checkCondition(step.condition, ofStep))),
  ]);
  const lines = new Set(told.map(({ place }) => place?.line));
  return found.filter(({ place }) => !lines.has(place?.line));
}
