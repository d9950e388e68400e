import type { Allowed } from '../../expression/check.ts';
import { statusFunctions } from '../../expression/scope.ts';

const atStart = ['github', 'inputs', 'vars'];
const withNeeds = [...atStart, 'needs'].sort();
const inCell = [...withNeeds, 'matrix', 'strategy'].sort();
const inJob = [...inCell, 'env', 'runner'].sort();
const inStep = [...inJob, 'job', 'steps'].sort();

/**
 * What each kind of key lets its expressions read, after GitHub's table of context availability. Kinds up to `machine`
 * are evaluated while planning; the others while the job runs.
 */
export const availability = {
  strategy: { contexts: withNeeds, functions: [] },
  machine: { contexts: inCell, functions: [] },
  'workflow env': { contexts: atStart, functions: [] },
  'job name': { contexts: inCell, functions: [] },
  'job if': { contexts: withNeeds, functions: statusFunctions },
  'job env': { contexts: inCell, functions: [] },
  'job continue-on-error': { contexts: inCell, functions: [] },
  'job defaults': { contexts: inJob, functions: [] },
  checkout: { contexts: inJob, functions: [] },
  cache: { contexts: inJob, functions: ['hashFiles'] },
  'job outputs': { contexts: inStep, functions: [] },
  'step text': { contexts: inStep, functions: ['hashFiles'] },
  'step secret text': { contexts: [...inStep, 'secrets'].sort(), functions: ['hashFiles'] },
  'step if': { contexts: inStep, functions: [...statusFunctions, 'hashFiles'] },
} as const satisfies Record<string, Allowed>;

export type KeyKind = keyof typeof availability;
