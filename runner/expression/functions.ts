import { didYouMean } from './nearest.ts';
import { allFunctions, statusFunctions } from './scope.ts';
import type { FunctionUse } from './uses.ts';

/** Status functions that may be asked about single jobs. */
const ofJobs = ['success', 'failure'];

/**
 * What is wrong with a function as it is called, apart from where: it does not exist, or takes other arguments.
 * `jobStatus`: the names of jobs are arguments of `success` and `failure`.
 */
export function functionProblem(use: FunctionUse, jobStatus = false): string | undefined {
  const name = use.name.toLowerCase();
  if (!allFunctions.some((known) => known.toLowerCase() === name)) {
    return `unknown function '${use.name}'; there are ${allFunctions.join(', ')}${didYouMean(use.name, allFunctions)}`;
  }
  if (statusFunctions.includes(name) && use.arguments > 0 && !(jobStatus && ofJobs.includes(name))) {
    return `${name}() takes no arguments`;
  }
  if (name === 'hashfiles' && use.arguments === 0) {
    return 'hashFiles() takes at least one pattern';
  }
  return undefined;
}
