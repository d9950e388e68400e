import { referencesOf } from '../expression/check.ts';
import type { DeferredJob, Plan, PlannedCall, PlannedJob } from '../model/plan.ts';
import type { Place, Problem } from '../model/problem.ts';
import type { Template } from '../model/workflow.ts';
import { foreseeJobs, foreseeStep } from './foresee.ts';

/** A secret that something in a plan reads, where it does so first. */
export interface SecretUse {
  readonly name: string;
  readonly place?: Place;
}

type Part = Pick<Plan, 'jobs' | 'contexts' | 'env'>;

/** Made by GitHub for each run, and by nobody here: workflows do not count on being given it. */
const made = 'github_token';

/**
 * The secrets that a plan reads, each once; those of jobs and steps that are sure to be skipped are not among them. A
 * called workflow reads its caller's only where it inherits them.
 */
export function secretsRead(plan: Part): readonly SecretUse[] {
  const found = new Map<string, SecretUse>();
  for (const use of usesIn(plan)) {
    const key = use.name.toLowerCase();
    if (key !== made && !found.has(key)) {
      found.set(key, use);
    }
  }
  return [...found.values()];
}

/**
 * Warnings of secrets that a workflow reads and nobody gave: GitHub reads them as empty texts, and some workflows mean to do
 * without. None where it is not known what is given.
 */
export function missingSecrets(plan: Part, given: ReadonlySet<string> | undefined): Problem[] {
  const known = new Set([...(given ?? [])].map((name) => name.toLowerCase()));
  const missing = given === undefined ? [] : secretsRead(plan).filter(({ name }) => !known.has(name.toLowerCase()));
  return missing.map(({ name, place }) => {
    const message = `the secret '${name}' has no value and reads as empty; give it with --secret ${name}=VALUE or in .secrets`;
    return { message, ...(place === undefined ? {} : { place }) };
  });
}

function* usesIn({ jobs, contexts, env }: Part): Generator<SecretUse> {
  yield* namedIn(env);
  const foreseen = foreseeJobs({ jobs, contexts });
  for (const job of jobs) {
    if (foreseen.get(job.id)?.runs !== 'no') {
      yield* usesOfJob(job, contexts);
    }
  }
}

function* usesOfJob(job: PlannedJob | PlannedCall | DeferredJob, contexts: Plan['contexts']): Generator<SecretUse> {
  if (job.kind === 'call') {
    const { inputs, secrets } = job.call;
    yield* namedIn([inputs, secrets]);
    const { inputs: _, ...known } = contexts;
    yield* secrets === 'inherit' ? usesIn({ ...job.plan, contexts: known }) : [];
    return;
  }
  const { steps, ...around } = job.kind === 'job' ? job : job.job;
  yield* namedIn(around);
  for (const step of steps) {
    if (foreseeStep(step, job, contexts).runs !== 'no') {
      yield* step.secrets.map((secret) => (typeof secret === 'string' ? { name: secret } : named(secret)));
      yield* namedIn(step);
    }
  }
}

function named({ text, place }: Template): SecretUse {
  return { name: text, place };
}

/** What templates anywhere in a value name. */
function* namedIn(value: unknown): Generator<SecretUse> {
  if (value instanceof Map) {
    yield* namedIn([...value.values()]);
  } else if (Array.isArray(value)) {
    for (const each of value) {
      yield* namedIn(each);
    }
  } else if (typeof value === 'object' && value !== null) {
    yield* 'text' in value && 'place' in value ? inTemplate(value as Template) : namedIn(Object.values(value));
  }
}

function inTemplate(template: Template): SecretUse[] {
  return referencesOf(template).flatMap(({ context, path: [name], place }) =>
    context === 'secrets' && name !== undefined ? [{ name, place }] : [],
  );
}
