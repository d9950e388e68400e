import type { DeferredJob, Plan, PlannedJob } from '../model/plan.ts';
import { columns } from './render/columns.ts';
import { shortPath } from './render/problem-line.ts';

/** One job as `list --json` and `run --dry-run --json` print it. */
interface ListedJob {
  readonly id: string;
  readonly job: string;
  readonly workflow: string;
  readonly file: string;
  readonly needs: readonly string[];
  /** Its matrix hangs on outputs of its needs: it is expanded when they have ended. */
  readonly deferred: boolean;
  readonly steps: readonly {
    readonly id: string;
    readonly name?: string;
    readonly image?: string;
    readonly isolation?: string;
  }[];
}

/** The jobs of plans, one JSON object a line. */
export function jobsJson(plans: readonly Plan[]): string {
  return plans.flatMap((plan) => plan.jobs.map((job) => `${JSON.stringify(listed(plan, job))}\n`)).join('');
}

/** The jobs of plans as a table. */
export function jobsTable(plans: readonly Plan[]): string {
  const rows = plans.flatMap((plan) =>
    plan.jobs.map((job) => {
      const { id, steps, needs, deferred, workflow, file } = listed(plan, job);
      return [deferred ? `${id} (…)` : id, steps.length, needs.join(', '), workflow, shortPath(file)];
    }),
  );
  return columns(['JOB', 'STEPS', 'NEEDS', 'WORKFLOW', 'FILE'], rows);
}

/** What a run would do, step by step. */
export function dryRunText(plans: readonly Plan[]): string {
  const lines = plans.flatMap((plan) => [
    `${plan.workflow} (${shortPath(plan.file)})`,
    ...plan.jobs.flatMap((job) => {
      const { id, needs, steps, deferred } = listed(plan, job);
      const after = needs.length === 0 ? '' : `, after ${needs.join(', ')}`;
      const title = `  job ${id}${after}${deferred ? '; its cells are known when those have ended' : ''}`;
      return [
        title,
        ...steps.map((step) => {
          const where = step.image === undefined ? '' : ` (${step.image}, ${step.isolation})`;
          return `    step ${step.name ?? step.id}${where}`;
        }),
      ];
    }),
  ]);
  return lines.map((line) => `${line}\n`).join('');
}

function listed(plan: Plan, job: PlannedJob | DeferredJob): ListedJob {
  const steps =
    job.kind === 'job'
      ? job.steps.map(({ id, name, image, isolation }) => ({ id, ...named(name?.text), image, isolation }))
      : job.job.steps.map(({ id, name }) => ({ id, ...named(name?.text) }));
  return {
    id: job.kind === 'job' ? job.id : job.jobId,
    job: job.jobId,
    workflow: plan.workflow,
    file: plan.file,
    needs: job.needs,
    deferred: job.kind === 'deferred',
    steps,
  };
}

function named(name: string | undefined): { name?: string } {
  return name === undefined ? {} : { name };
}
