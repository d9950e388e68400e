import { fillTemplate } from '../expression/evaluate.ts';
import type { Scope } from '../expression/scope.ts';
import { WrongInput } from '../host/fault.ts';
import type { JobResult } from '../model/event.ts';
import type { PlannedCall } from '../model/plan.ts';
import type { Json } from '../model/workflow.ts';
import type { Masks } from '../output/masks.ts';
import { callInputs } from '../plan/call-inputs.ts';
import { handedSecrets } from './call-secrets.ts';
import type { JobStop } from './cancel.ts';
import { takeTurn } from './concurrency.ts';
import { jobContexts } from './contexts.ts';
import { jobTitle } from './display-name.ts';
import { type End, endOfError, problemsOf } from './ending.ts';
import { worst } from './exit-code.ts';
import { needsContext, type ResultsById } from './needs.ts';
import type { RunScene, Span } from './scene.ts';

/** Where a call stands in its run. */
export interface CallPlace {
  readonly run: RunScene;
  readonly span: Span;
  /** The `needs` context. */
  readonly needs: { readonly [job: string]: Json };
  readonly stop: JobStop;
}

type Contexts = { readonly [name: string]: Json };

/** How the jobs of a plan ended: all of them, those behind a call before it, and those of its own file by their ids. */
export interface PlanResults {
  readonly all: readonly JobResult[];
  readonly byId: ResultsById;
}

/** How a job of a file ended, and with a call the jobs behind it. */
export interface CellEnd {
  readonly result: JobResult;
  readonly inside: readonly JobResult[];
}

/**
 * Runs the jobs of a called workflow as a run of their own within the run: with its inputs, the secrets it is handed, and
 * nothing of its caller's `env`. What these came to is the calling job's result. Rejects only when the run's events
 * cannot be written any more.
 */
export async function runCall(
  call: PlannedCall,
  place: CallPlace,
  runJobs: (run: RunScene) => Promise<PlanResults>,
): Promise<CellEnd> {
  const { run, needs } = place;
  const startedAt = run.services.now().getTime();
  const contexts = jobContexts({ run, job: call, needs });
  await run.report.write({ type: 'job-start', job: call.id, name: jobTitle(call, run, contexts) });
  const { end, outputs, inside } = await runInside(call, place, contexts, runJobs);
  const took = run.services.now().getTime() - startedAt;
  const ending = { ...end, conclusion: end.outcome, outputs, durationMs: took, ...takenOver(inside) };
  await run.report.write({ type: 'job-end', job: call.id, ...ending });
  const { id, jobId, matrix } = call;
  return { result: { ...ending, id, jobId, steps: [], ...(matrix === undefined ? {} : { matrix }) }, inside };
}

/** A call is as it was in an earlier run where all of its jobs are. */
function takenOver(inside: readonly JobResult[]): Pick<JobResult, 'recorded'> {
  const [first] = inside;
  const all = inside.every(({ recorded }) => recorded !== undefined);
  return first?.recorded !== undefined && all ? { recorded: first.recorded } : {};
}

interface InsideEnd {
  readonly end: End;
  readonly outputs: Record<string, string>;
  readonly inside: readonly JobResult[];
}

async function runInside(
  call: PlannedCall,
  place: CallPlace,
  contexts: Contexts,
  runJobs: (run: RunScene) => Promise<PlanResults>,
): Promise<InsideEnd> {
  const report = place.run.report.withOwnMasks();
  let scene: RunScene;
  try {
    scene = { ...sceneInside(call, place, contexts, report.masks), report };
  } catch (error) {
    await report.problems({ job: call.id }, problemsOf(error));
    return { end: endOfError(error, undefined), outputs: {}, inside: [] };
  }
  const { concurrency } = call.plan;
  const turn = await takeTurn(scene, { concurrency, contexts: scene.plan.contexts, job: call.id, stop: place.stop });
  if (turn.kind === 'none') {
    return { end: turn.end, outputs: {}, inside: [] };
  }
  try {
    const { all, byId } = await runJobs({ ...scene, groups: turn.groups });
    return { ...(await conclude(call, scene, all, byId)), inside: all };
  } finally {
    await turn.leave();
  }
}

/** What the called jobs share. Throws a `WrongInput`, an `ExpressionError` or a `StepFailure` for what they are given. */
function sceneInside(call: PlannedCall, { run, span, stop }: CallPlace, contexts: Contexts, masks: Masks): RunScene {
  const { values, problems } = callInputs(call.call, { contexts }, () => false);
  if (problems.length > 0) {
    throw new WrongInput(problems);
  }
  const { workflow } = call.call;
  const triggered = run.plan.contexts.github as { readonly [key: string]: Json } | undefined;
  const github = { ...triggered, job_workflow_sha: workflow.origin?.sha ?? triggered?.workflow_sha ?? '' };
  return {
    ...run,
    plan: { ...run.plan, ...call.plan, contexts: { ...run.plan.contexts, github, inputs: values } },
    stop,
    secrets: handedSecrets(call.call, run.secrets, { contexts }, masks),
    span,
    called: { id: call.id, name: jobTitle(call, run, contexts), workflow },
  };
}

/** The called workflow's result is the worst of its jobs', and told by the first of these. */
async function conclude(
  call: PlannedCall,
  scene: RunScene,
  all: readonly JobResult[],
  byId: ResultsById,
): Promise<{ end: End; outputs: Record<string, string> }> {
  const outcome = worst([...byId.values()].flat().map(({ conclusion }) => conclusion));
  const first = all.find((result) => result.conclusion === outcome);
  const end: End = outcome === 'success' || first === undefined ? { outcome } : endBy(first);
  try {
    return { end, outputs: await outputsOf(call, scene, byId) };
  } catch (error) {
    await scene.report.problems({ job: call.id }, problemsOf(error));
    return { end: outcome === 'success' ? endOfError(error, undefined) : end, outputs: {} };
  }
}

function endBy({ id, conclusion, exitCode, signal, reason, detail }: JobResult): End {
  return {
    outcome: conclusion,
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(signal === undefined ? {} : { signal }),
    ...(reason === undefined ? {} : { reason }),
    ...(detail === undefined ? {} : { detail: `${id}: ${detail}` }),
  };
}

/** One that holds a secret is dropped with a warning, as outputs of jobs are. Throws an `ExpressionError`. */
async function outputsOf(call: PlannedCall, scene: RunScene, byId: ResultsById): Promise<Record<string, string>> {
  const outputs: Record<string, string> = {};
  const { github = null, vars = null, inputs = null } = scene.plan.contexts;
  const scope: Scope = { contexts: { github, vars, inputs, jobs: needsContext([...byId.keys()], byId) } };
  for (const [name, template] of call.call.workflow.call.outputs) {
    const value = fillTemplate(template, scope);
    if (scene.report.masks.hides(value)) {
      const text = `the output "${name}" of the called workflow holds a secret: dropped`;
      await scene.report.notice({ job: call.id }, text, 'warning');
    } else {
      outputs[name] = value;
    }
  }
  return outputs;
}
