import type { DeferredJob, Plan, PlannedCall, PlannedJob, PlannedStep } from '../model/plan.ts';
import type { Step } from '../model/workflow.ts';
import { type Foresight, foreseeJobs, foreseeStep } from '../plan/foresee.ts';
import { workTitle } from '../plan/work-title.ts';

/** Whether something runs, as far as that can be said before; `why` where it is not sure to. */
interface Foreseen {
  readonly runs: Foresight['runs'];
  readonly why?: string;
}

/** One step of a job as lists show it. */
export interface ListedStep extends Foreseen {
  readonly id: string;
  readonly name?: string;
  readonly image?: string;
  readonly isolation?: string;
}

/** One job as `list --json` and `run --dry-run --json` print it. */
export interface ListedJob extends Foreseen {
  readonly id: string;
  readonly job: string;
  readonly workflow: string;
  /** The file the job stands in: of a call's jobs the called one. */
  readonly file: string;
  /** Events that its workflow runs on; not of a call's jobs. */
  readonly on?: readonly string[];
  /** Ids of jobs in that file. */
  readonly needs: readonly string[];
  /** Cells of its matrix, those that are left out among them. */
  readonly cells?: number;
  /** Id of the call it is part of. */
  readonly within?: string;
  /** The workflow it calls, as the file writes it; it has no steps then. */
  readonly calls?: string;
  /** Its matrix hangs on outputs of its needs: it is expanded when they have ended. */
  readonly deferred: boolean;
  readonly steps: readonly ListedStep[];
}

type AnyJob = PlannedJob | PlannedCall | DeferredJob;

/** The jobs of a plan in its order; those of a called workflow behind the job that calls it. */
export function listedJobs(plan: Plan): readonly ListedJob[] {
  return listedIn(plan, plan.contexts);
}

type Listable = Pick<Plan, 'workflow' | 'file' | 'jobs' | 'on'>;

function listedIn(plan: Listable, contexts: Plan['contexts'], within?: string): readonly ListedJob[] {
  const foreseen = foreseeJobs({ jobs: plan.jobs, contexts });
  return plan.jobs.flatMap((job) => {
    // What a call gives as inputs may hang on outputs.
    const { inputs: _, ...known } = contexts;
    const inside = job.kind === 'call' ? listedIn(job.plan, known, job.id) : [];
    const own = { ...listed(plan, job, contexts), ...flat(foreseen.get(job.id)) };
    return [{ ...own, ...(within === undefined ? {} : { within }) }, ...inside];
  });
}

function listed(plan: Listable, job: AnyJob, contexts: Plan['contexts']): Omit<ListedJob, 'runs' | 'why'> {
  const calls = job.kind === 'job' ? undefined : job.kind === 'call' ? job.call : job.job.call;
  const isMatrix = job.kind !== 'deferred' && job.matrix !== undefined;
  return {
    id: job.id,
    job: job.jobId,
    workflow: plan.workflow,
    file: plan.file,
    ...(plan.on === undefined ? {} : { on: plan.on }),
    needs: job.needs,
    ...(isMatrix ? { cells: job.strategy.total } : {}),
    ...(calls === undefined ? {} : { calls: calls.uses.text }),
    deferred: job.kind === 'deferred',
    steps: stepsOf(job).map((step) => ({ ...listedStep(step), ...flat(foreseeStep(step, job, contexts)) })),
  };
}

function stepsOf(job: AnyJob): readonly (PlannedStep | Step)[] {
  switch (job.kind) {
    case 'job':
      return job.steps;
    case 'call':
      return [];
    case 'deferred':
      return job.job.steps;
  }
}

function listedStep(step: PlannedStep | Step): Omit<ListedStep, 'runs' | 'why'> {
  const { id, image, isolation } = step;
  const name = step.name?.text ?? (step.named ? undefined : workTitle(step.work) || undefined);
  return {
    id,
    ...(name === undefined ? {} : { name }),
    ...(typeof image === 'string' ? { image } : {}),
    ...(typeof isolation === 'string' ? { isolation } : {}),
  };
}

function flat(foresight: Foresight | undefined): Foreseen {
  return foresight ?? { runs: 'perhaps' };
}
