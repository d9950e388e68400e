import { fillNamed } from '../expression/named.ts';
import type { Scope } from '../expression/scope.ts';
import type { PlannedJob, PlannedStep } from '../model/plan.ts';
import type { Json, Template } from '../model/workflow.ts';
import { networkName } from './container/network-name.ts';
import { contextsInside } from './inside.ts';
import { jobWorkflow } from './job-workflow.ts';
import type { JobScene } from './scene.ts';

type Status = NonNullable<Scope['status']>;

/** What `success()`, `failure()` and `cancelled()` say to a step: about the steps it needs, directly or through others. */
export function stepStatus(scene: JobScene, step: PlannedStep): Status {
  if (step.work.kind === 'post') {
    return jobStatus(scene);
  }
  const { graph, ended, stop } = scene;
  // A step in the background fails the job by the step that waits for it.
  const failed = (id: string) => !graph.inBackground(id) && ended.get(id)?.result.conclusion === 'failure';
  return statusOver([...graph.needed(step.id)].some(failed), stop);
}

/** The same about the whole job so far. */
function jobStatus({ ended, stop }: JobScene): Status {
  return statusOver(
    [...ended.values()].some(({ result }) => result.conclusion === 'failure'),
    stop,
  );
}

function statusOver(failed: boolean, stop: JobScene['stop']): Status {
  const failure = failed || stop.asked.why?.reason === 'timeout';
  return { success: !failure && !stop.cancelled, failure: failure && !stop.cancelled, cancelled: stop.cancelled };
}

/** The contexts of a job before any of its steps is looked at. */
export function jobContexts({
  run,
  job,
  needs,
}: Pick<JobScene, 'run' | 'needs'> & {
  readonly job: Pick<PlannedJob, 'jobId' | 'strategy' | 'matrix' | 'container'>;
}): {
  [name: string]: Json;
} {
  const { failFast, maxParallel, index, total } = job.strategy;
  return {
    ...run.plan.contexts,
    ...contextsInside({ run, job }),
    needs,
    matrix: job.matrix ?? {},
    strategy: {
      'fail-fast': failFast,
      'job-index': index,
      'job-total': total,
      'max-parallel': maxParallel ?? total,
    },
  };
}

/** A step's contexts but for `env`: it sees the steps it needs, and the secrets it lists. */
export function stepContexts(scene: JobScene, step: PlannedStep): { [name: string]: Json } {
  const contexts = jobContexts(scene);
  return {
    ...contexts,
    ...(scene.run.plan.dialect === 'github' ? withStep(contexts.github, scene.run, step) : {}),
    job: { status: statusName(stepStatus(scene, step)), ...jobWorkflow(scene.run), ...jobContainers(scene) },
    steps: stepsContext(scene, scene.graph.needed(step.id)),
    secrets: step.allSecrets ? Object.fromEntries(scene.run.secrets) : secretsOf(scene, step),
  };
}

/** What `github` says to a step: its id, and the secret `GITHUB_TOKEN` as `token`; `''` when nobody gave it. */
function withStep(
  github: Json | undefined,
  { secrets }: JobScene['run'],
  step: PlannedStep,
): { readonly github: Json } {
  const [, token = ''] = [...secrets].find(([name]) => name.toUpperCase() === 'GITHUB_TOKEN') ?? [];
  return { github: { ...(github as { readonly [key: string]: Json } | undefined), token, action: forgeName(step) } };
}

/** What the `job` context tells of containers. */
function jobContainers({ run, number, container, services }: JobScene): { readonly [name: string]: Json } {
  const id = `${run.services.run}-${number}`;
  const network = networkName(run.services.run, number);
  return {
    ...(container === undefined ? {} : { container: { id, network } }),
    ...(services === undefined ? {} : { services: services.context }),
  };
}

/** The contexts of what is evaluated when all steps have ended. */
export function closingContexts(scene: JobScene): { [name: string]: Json } {
  const { plan, secrets } = scene.run;
  return {
    ...jobContexts(scene),
    job: { status: statusName(jobStatus(scene)), ...jobWorkflow(scene.run), ...jobContainers(scene) },
    steps: stepsContext(scene, new Set(scene.ended.keys())),
    ...(plan.dialect === 'github' ? { secrets: Object.fromEntries(secrets) } : {}),
  };
}

/** What GitHub calls a step where a variable names it. */
export function forgeName({ id, named, forgeId }: PlannedStep): string {
  return named ? id : (forgeId ?? '__run');
}

/** The secrets a step lists, by name. */
export function secretsOf({ run }: JobScene, step: PlannedStep): Record<string, string> {
  return Object.fromEntries(
    step.secrets.flatMap((name) => {
      const value = run.secrets.get(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/**
 * The `env` context: the plan's, then the workflow's, the job's, what needed steps exported, then `own`; each layer sees
 * the ones before it.
 */
export function envContext(
  scene: JobScene,
  needed: ReadonlySet<string>,
  own: ReadonlyMap<string, Template>,
  scope: Scope,
): Record<string, string> {
  const given = scene.run.plan.contexts.env;
  let env: Record<string, string> = {};
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) {
    Object.assign(env, Object.fromEntries(Object.entries(given).map(([name, value]) => [name, String(value)])));
  }
  env = envOver(env, scene.run.plan.env, scope);
  env = envOver(env, scene.job.env, scope);
  for (const [name, value] of exportedBy(scene, needed)) {
    env[name] = value;
  }
  return envOver(env, own, scope);
}

/** An `env` context with one more layer, which sees what is below it. */
export function envOver(
  below: Readonly<Record<string, string>>,
  layer: ReadonlyMap<string, Template>,
  scope: Scope,
): Record<string, string> {
  const seeing = { ...scope, contexts: { ...scope.contexts, env: { ...below } } };
  return { ...below, ...Object.fromEntries(fillNamed(layer, seeing)) };
}

function exportedBy({ graph, ended }: JobScene, needed: ReadonlySet<string>): (readonly [string, string])[] {
  return graph.inEffect.filter((step) => needed.has(step.id)).flatMap((step) => ended.get(step.id)?.exports.env ?? []);
}

function stepsContext({ job, ended }: JobScene, seen: ReadonlySet<string>): { [id: string]: Json } {
  return Object.fromEntries(
    job.steps.flatMap((step) => {
      const result = ended.get(step.id)?.result;
      return result === undefined || !step.named || !seen.has(step.id)
        ? []
        : [[step.id, { outputs: result.outputs, outcome: result.outcome, conclusion: result.conclusion }]];
    }),
  );
}

function statusName(status: Status): string {
  return status.cancelled ? 'cancelled' : status.failure ? 'failure' : 'success';
}
