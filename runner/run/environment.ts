import type { PlannedStep } from '../model/plan.ts';
import type { Dialect, Json } from '../model/workflow.ts';
import { forgeName, secretsOf } from './contexts.ts';
import type { HeldMachine } from './held-machine.ts';
import { contextsInside, type Inside, runnerFolders } from './inside.ts';
import type { JobScene } from './scene.ts';
import type { StepFolder } from './step-files.ts';

/** Keys of the `github` context that steps get as `GITHUB_*`; the token and the event are not among them. */
const exported = [
  'actor',
  'actor_id',
  'api_url',
  'base_ref',
  'event_name',
  'graphql_url',
  'head_ref',
  'ref',
  'ref_name',
  'ref_protected',
  'ref_type',
  'repository',
  'repository_id',
  'repository_owner',
  'repository_owner_id',
  'retention_days',
  'run_attempt',
  'run_id',
  'run_number',
  'server_url',
  'sha',
  'triggering_actor',
  'workflow',
  'workflow_ref',
  'workflow_sha',
];

/** What one command of a step adds to the environment that its step has. */
export interface PieceVariables {
  /** The `env` context. */
  readonly env: Readonly<Record<string, string>>;
  /** The runner's own, over everything else. */
  readonly variables: Readonly<Record<string, string>>;
  /** Entries of PATH that commands of this step added, in their order. */
  readonly paths: readonly string[];
}

/**
 * A step's whole environment; nothing of the host's is in it. Later wins: the image, its container, what comes with a
 * network, `CI`, the step's secrets, the `env` context, the runner's own variables. PATH is the one found so far behind
 * what needed steps added, newest first.
 */
export function stepEnvironment(
  scene: JobScene,
  step: PlannedStep,
  held: Pick<HeldMachine, 'image' | 'use'>,
  { env, variables, paths }: PieceVariables,
  folder: StepFolder,
): Record<string, string> {
  const network = step.network.kind === 'none' ? {} : scene.run.services.network.env;
  const merged: Record<string, string> = {
    ...machineVariables(held),
    ...network,
    CI: 'true',
    ...secretsOf(scene, step),
    ...env,
    ...ownVariables(scene, step, held.use.inside),
    ...variables,
    ...fileVariables(scene.run.plan.dialect, folder),
  };
  const added = addedPaths(scene, step, paths);
  return added.length === 0 ? merged : { ...merged, PATH: [...added, merged.PATH ?? ''].join(':') };
}

/** An image may say where its home is; in a container there is one for all. */
function machineVariables({ image, use }: Pick<HeldMachine, 'image' | 'use'>): Record<string, string> {
  const home = { HOME: use.inside.home };
  const { env } = image.config;
  return image.config.container === undefined ? { ...home, ...env } : { ...env, ...use.env, ...home };
}

function ownVariables({ run, job }: JobScene, step: PlannedStep, inside: Inside): Record<string, string> {
  const { github, runner } = { ...run.plan.contexts, ...contextsInside({ run, job }) };
  const shared = {
    ...texts(github, (key) => exported.includes(key), 'GITHUB_'),
    ...texts(runner, () => true, 'RUNNER_'),
    ...(run.plan.dialect === 'github' ? texts(runnerFolders(inside), () => true, 'RUNNER_') : {}),
    GITHUB_WORKSPACE: inside.workspace,
    GITHUB_JOB: job.jobId,
  };
  if (run.plan.dialect === 'github') {
    return {
      ...shared,
      GITHUB_ACTIONS: 'true',
      GITHUB_ACTION: forgeName(step),
      RUNNER_TRACKING_ID: `github_${run.services.run}`,
      GITHUB_EVENT_PATH: inside.event,
    };
  }
  return {
    ...shared,
    LIGHTV: 'true',
    LIGHTV_RUN_ID: run.services.run,
    LIGHTV_JOB: job.id,
    LIGHTV_STEP: step.id,
    LIGHTV_WORKSPACE: inside.workspace,
  };
}

function fileVariables(dialect: Dialect, { output, env, path, summary, state }: StepFolder): Record<string, string> {
  const ofGithub = {
    GITHUB_OUTPUT: output,
    GITHUB_ENV: env,
    GITHUB_PATH: path,
    GITHUB_STEP_SUMMARY: summary,
    GITHUB_STATE: state,
  };
  const own = { LIGHTV_OUTPUT: output, LIGHTV_ENV: env, LIGHTV_PATH: path, LIGHTV_SUMMARY: summary };
  return dialect === 'github' ? ofGithub : { ...own, ...ofGithub };
}

/** Texts and booleans of a context as variables; an event or a token is neither. */
function texts(context: Json | undefined, wanted: (key: string) => boolean, prefix: string): Record<string, string> {
  if (typeof context !== 'object' || context === null || Array.isArray(context)) {
    return {};
  }
  return Object.fromEntries(
    Object.entries(context)
      .filter(([key, value]) => wanted(key) && (typeof value === 'string' || typeof value === 'boolean'))
      .map(([key, value]) => [`${prefix}${key.toUpperCase()}`, String(value)]),
  );
}

function addedPaths({ graph, ended }: JobScene, step: PlannedStep, own: readonly string[]): string[] {
  const needed = graph.needed(step.id);
  const paths = graph.inEffect.flatMap((each) =>
    needed.has(each.id) ? (ended.get(each.id)?.exports.paths ?? []) : [],
  );
  return [...new Set([...paths, ...own].reverse())];
}
