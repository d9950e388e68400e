import { sha256 } from '../../host/digest.ts';
import type { PlannedJob, PlannedStep } from '../../model/plan.ts';
import type { Json } from '../../model/workflow.ts';

/** Of the `github` context: these differ between runs of the same thing. */
const ofOneRun = new Set(['run_id', 'run_number', 'run_attempt', 'token']);

/** Contexts whose values every step may read; `strategy` changes with other cells. */
const read = ['github', 'inputs', 'vars', 'env', 'matrix', 'needs'];

/** Keys of a job that make no difference to what its steps do to its disk, or that are looked at one by one. */
const neutral: ReadonlySet<string> = new Set<keyof PlannedJob>([
  ...(['kind', 'id', 'jobId', 'name', 'strategy', 'needs', 'condition', 'concurrency', 'permissions'] as const),
  ...([
    'environment',
    'partial',
    'outputs',
    'artifacts',
    'continueOnError',
    'cancelTimeout',
    'timeout',
    'steps',
  ] as const),
]);

/** What the steps of one job were, for a later run to tell whether they still are. */
export interface JobDigests {
  readonly job: string;
  /** By step. */
  readonly steps: ReadonlyMap<string, string>;
}

/** `env`: the plan's. `contexts`: those of the job. Where something stands in its file makes no difference. */
export function digestsOf(
  job: PlannedJob,
  env: PlannedJob['env'],
  contexts: { readonly [name: string]: Json },
): JobDigests {
  const seen = read.map((name) => (name === 'github' ? withoutRun(contexts[name]) : (contexts[name] ?? null)));
  const around = sha256(plain([seen, env, aroundSteps(job)]));
  const steps = new Map(job.steps.map((step) => [step.id, sha256(around + plain(essence(step)))]));
  const { condition, outputs, artifacts, continueOnError, needs } = job;
  const own = plain([condition, outputs, artifacts, continueOnError, needs]);
  return { job: sha256([own, around, ...steps.values()].join('\n')), steps };
}

/** Whether a step, or what stands around all of them, may read a secret of this name. */
export function mayRead(step: PlannedStep, job: PlannedJob, env: PlannedJob['env'], secret: string): boolean {
  if (step.secrets.includes(secret)) {
    return true;
  }
  const text = step.allSecrets ? plain([essence(step), aroundSteps(job), env]).toLowerCase() : '';
  // `secrets` without a name behind it is all of them.
  return text.includes(secret.toLowerCase()) || /\bsecrets\b(?!\s*(?:\.|\[\s*'))(?!":)/.test(text);
}

function withoutRun(github: Json | undefined): Json {
  if (typeof github !== 'object' || github === null || Array.isArray(github)) {
    return github ?? null;
  }
  return Object.fromEntries(Object.entries(github).filter(([key]) => !ofOneRun.has(key)));
}

/** All that a job says of what stands around its steps. */
function aroundSteps(job: PlannedJob): object {
  return Object.fromEntries(Object.entries(job).filter(([key]) => !neutral.has(key)));
}

/** What does not change what a step does to its disk and gives to others is left out. */
function essence({ name: _, timeout: __, retry: ___, resources: ____, ...step }: PlannedStep): object {
  return step;
}

/** The same text for the same value, whatever order its keys were written in; templates without their places. */
function plain(value: unknown): string {
  return JSON.stringify(value, (_, found: unknown) => {
    if (found instanceof Map || found instanceof Set) {
      return [...found];
    }
    if (typeof found !== 'object' || found === null || Array.isArray(found)) {
      return found;
    }
    if ('text' in found && 'place' in found) {
      return { text: found.text };
    }
    return Object.fromEntries(Object.entries(found).sort(([one], [other]) => (one < other ? -1 : 1)));
  });
}
