import type { DeferredJob, Plan, PlannedCall, PlannedJob } from '../model/plan.ts';
import { columns } from './render/columns.ts';
import { oneLine } from './render/one-line.ts';
import { shortPath } from './render/problem-line.ts';

/** One job as `list --json` and `run --dry-run --json` print it. */
interface ListedJob {
  readonly id: string;
  readonly job: string;
  readonly workflow: string;
  /** The file the job stands in: of a call's jobs the called one. */
  readonly file: string;
  /** Ids of jobs in that file. */
  readonly needs: readonly string[];
  /** Id of the call it is part of. */
  readonly within?: string;
  /** The workflow it calls, as the file writes it; it has no steps then. */
  readonly calls?: string;
  /** Its matrix hangs on outputs of its needs: it is expanded when they have ended. */
  readonly deferred: boolean;
  readonly steps: readonly {
    readonly id: string;
    readonly name?: string;
    readonly image?: string;
    readonly isolation?: string;
  }[];
}

/** The jobs of plans, one JSON object a line; those of a called workflow behind the job that calls it. */
export function jobsJson(plans: readonly Plan[]): string {
  return plans.flatMap((plan) => listedIn(plan).map((job) => `${JSON.stringify(job)}\n`)).join('');
}

/** The jobs of plans as a table. */
export function jobsTable(plans: readonly Plan[]): string {
  const rows = plans.flatMap((plan) =>
    listedIn(plan).map(({ id, steps, needs, deferred, calls, workflow, file }) => {
      const size = calls === undefined ? steps.length : '->';
      return [deferred ? `${id} (…)` : id, size, needs.join(', '), workflow, shortPath(file)];
    }),
  );
  return columns(['JOB', 'STEPS', 'NEEDS', 'WORKFLOW', 'FILE'], rows);
}

/** What a run would do, step by step. */
export function dryRunText(plans: readonly Plan[]): string {
  const lines = plans.flatMap((plan) => [
    `${oneLine(plan.workflow)} (${shortPath(plan.file)})`,
    ...listedIn(plan).flatMap(({ id, needs, steps, deferred, calls }) => {
      const after = needs.length === 0 ? '' : `, after ${needs.join(', ')}`;
      const what = calls === undefined ? '' : ` calls ${calls}`;
      const title = `  job ${id}${what}${after}${deferred ? '; its cells are known when those have ended' : ''}`;
      return [
        title,
        ...steps.map((step) => {
          const where = step.image === undefined ? '' : ` (${step.image}, ${step.isolation})`;
          return `    step ${oneLine(step.name ?? step.id)}${where}`;
        }),
      ];
    }),
  ]);
  return lines.map((line) => `${line}\n`).join('');
}

type Listable = Pick<Plan, 'workflow' | 'file' | 'jobs'>;

function listedIn(plan: Listable, within?: string): readonly ListedJob[] {
  return plan.jobs.flatMap((job) => {
    const inside = job.kind === 'call' ? listedIn(job.plan, job.id) : [];
    return [{ ...listed(plan, job), ...(within === undefined ? {} : { within }) }, ...inside];
  });
}

function listed(plan: Listable, job: PlannedJob | PlannedCall | DeferredJob): ListedJob {
  const calls = job.kind === 'job' ? undefined : job.kind === 'call' ? job.call : job.job.call;
  return {
    id: job.id,
    job: job.jobId,
    workflow: plan.workflow,
    file: plan.file,
    needs: job.needs,
    ...(calls === undefined ? {} : { calls: calls.uses.text }),
    deferred: job.kind === 'deferred',
    steps: stepsOf(job),
  };
}

function stepsOf(job: PlannedJob | PlannedCall | DeferredJob): ListedJob['steps'] {
  switch (job.kind) {
    case 'job':
      return job.steps.map(({ id, name, image, isolation }) => ({ id, ...named(name?.text), image, isolation }));
    case 'call':
      return [];
    case 'deferred':
      return job.job.steps.map(({ id, name }) => ({ id, ...named(name?.text) }));
  }
}

function named(name: string | undefined): { name?: string } {
  return name === undefined ? {} : { name };
}
