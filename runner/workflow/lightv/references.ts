import { conditionReferences, type Reference, referencesOf } from '../../expression/check.ts';
import { didYouMean } from '../../expression/nearest.ts';
import { holdsExpression } from '../../expression/split.ts';
import type { Problem } from '../../model/problem.ts';
import type { Job, Step } from '../../model/workflow.ts';
import { matrixKeys } from '../matrix-keys.ts';
import { enumerated } from '../shown.ts';
import type { GatheredText } from './gather.ts';

/** Where a text stands: its job and, inside one, its step; all jobs by their ids in lower case. */
interface Standing {
  readonly job: Job;
  readonly step?: Step;
  readonly jobs: ReadonlyMap<string, Job>;
}

/** What a text's expressions name that the file does not have: needs, steps, axes of the matrix, secrets. */
export function referenceProblems(text: GatheredText, jobs: readonly Job[]): Problem[] {
  const job = jobs.find((candidate) => candidate.id === text.job);
  if (job === undefined) {
    return [];
  }
  const step = job.steps.find((candidate) => candidate.id === text.step);
  const byId = new Map(jobs.map((candidate) => [candidate.id.toLowerCase(), candidate]));
  const standing: Standing = { job, jobs: byId, ...(step === undefined ? {} : { step }) };
  const find = text.kind === 'job if' || text.kind === 'step if' ? conditionReferences : referencesOf;
  return find(text.template).flatMap((reference) => {
    const message = checks[reference.context]?.(reference.path, standing);
    return message === undefined ? [] : [{ message, place: reference.place }];
  });
}

type Check = (path: Reference['path'], standing: Standing) => string | undefined;

const checks: Readonly<Record<string, Check>> = {
  needs: needsFault,
  steps: stepsFault,
  matrix: matrixFault,
  secrets: secretsFault,
};

function needsFault([id, part, output]: Reference['path'], { job, jobs }: Standing): string | undefined {
  if (id === undefined) {
    return undefined;
  }
  const ids = job.needs.map((need) => need.id);
  if (!ids.some((need) => same(need, id))) {
    const list = ids.length === 0 ? 'it needs no job' : `it needs ${enumerated(ids)}`;
    return `needs.${id}: job '${job.id}' does not need '${id}'; ${list}${didYouMean(id, ids)}`;
  }
  const names = jobs.get(id.toLowerCase())?.outputs.keys();
  return partFault(`needs.${id}`, part, ['outputs', 'result']) ?? outputFault(`needs.${id}`, part, output, names);
}

function stepsFault([id, part, output]: Reference['path'], { job, step }: Standing): string | undefined {
  if (id === undefined) {
    return undefined;
  }
  const named = job.steps.filter((candidate) => candidate.named);
  const target = named.find((candidate) => same(candidate.id, id));
  const before = step === undefined ? new Set(job.steps) : ancestors(step, job.steps);
  const ids = named.filter((candidate) => before.has(candidate)).map((candidate) => candidate.id);
  if (target === undefined || !before.has(target)) {
    const list = ids.length === 0 ? 'no step before it has an id' : `steps before it: ${enumerated(ids)}`;
    return `steps.${id}: ${absence(target, step, job)}; ${list}${target === undefined ? didYouMean(id, ids) : ''}`;
  }
  const fault = partFault(`steps.${id}`, part, ['outputs', 'outcome', 'conclusion']);
  return fault ?? outputFault(`steps.${id}`, part, output, target.outputs);
}

function absence(target: Step | undefined, step: Step | undefined, job: Job): string {
  if (target === undefined) {
    return `job '${job.id}' has no step of that id`;
  }
  if (target === step) {
    return 'that is this step';
  }
  const later = step !== undefined && job.steps.indexOf(target) > job.steps.indexOf(step);
  return later ? 'that step comes later' : "that step runs beside this one, whose 'needs' do not lead to it";
}

/** The steps that have ended when this one starts. */
function ancestors(step: Step, steps: readonly Step[]): Set<Step> {
  const byId = new Map(steps.map((candidate) => [candidate.id, candidate]));
  const found = new Set<Step>();
  const rest = [...step.needs];
  for (let id = rest.pop(); id !== undefined; id = rest.pop()) {
    const need = byId.get(id);
    if (need !== undefined && !found.has(need)) {
      found.add(need);
      rest.push(...need.needs);
    }
  }
  return found;
}

function matrixFault([axis]: Reference['path'], { job }: Standing): string | undefined {
  const strategy = job.strategy;
  if (strategy === undefined || 'text' in strategy || strategy.matrix === undefined) {
    return strategy === undefined ? `job '${job.id}' has no matrix` : undefined;
  }
  const keys = matrixKeys(strategy.matrix);
  if (axis === undefined || keys === undefined) {
    return undefined;
  }
  const known = keys.some((key) => same(key, axis));
  return known ? undefined : `the matrix has no '${axis}'; it has ${enumerated(keys)}${didYouMean(axis, keys)}`;
}

function secretsFault([name]: Reference['path'], { step }: Standing): string | undefined {
  if (name === undefined) {
    return 'secrets are read one by one, by name: secrets.NAME';
  }
  const names = step?.secrets ?? [];
  if (names.some((secret) => holdsExpression(secret.text) || same(secret.text, name))) {
    return undefined;
  }
  const list =
    names.length === 0 ? "it has no 'secrets'" : `it names ${enumerated(names.map((secret) => secret.text))}`;
  return `secrets.${name}: the step does not name '${name}' among its 'secrets'; ${list}`;
}

function partFault(what: string, part: string | undefined, parts: readonly string[]): string | undefined {
  const known = part === undefined || parts.some((candidate) => same(candidate, part));
  return known ? undefined : `${what} has no '${part}'; it has ${parts.join(', ')}${didYouMean(part, parts)}`;
}

function outputFault(
  what: string,
  part: string | undefined,
  output: string | undefined,
  declared: Iterable<string> | undefined,
): string | undefined {
  if (declared === undefined || output === undefined || part === undefined || !same(part, 'outputs')) {
    return undefined;
  }
  const names = [...declared];
  const list = names.length === 0 ? 'it declares none' : `it declares ${enumerated(names)}`;
  const known = names.some((name) => same(name, output));
  return known ? undefined : `${what} has no output '${output}'; ${list}${didYouMean(output, names)}`;
}

function same(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}
