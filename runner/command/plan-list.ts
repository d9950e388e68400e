import type { Plan } from '../model/plan.ts';
import { type ListedJob, type ListedStep, listedJobs } from './listed-jobs.ts';
import { columns } from './render/columns.ts';
import { oneLine } from './render/one-line.ts';
import { shortPath } from './render/problem-line.ts';

/** The jobs of plans, one JSON object a line; those of a called workflow behind the job that calls it. */
export function jobsJson(plans: readonly Plan[]): string {
  return plans.flatMap((plan) => listedJobs(plan).map((job) => `${JSON.stringify(job)}\n`)).join('');
}

/** The jobs of plans as a table, one row a job of a file, however many cells it has. */
export function jobsTable(plans: readonly Plan[]): string {
  const rows = plans.flatMap((plan) =>
    byJob(listedJobs(plan)).map(({ id, steps, cells, needs, deferred, calls, on = [], workflow, file }) => {
      const size = calls === undefined ? steps.length : '->';
      const many = deferred ? '…' : (cells ?? '');
      return [id, size, many, needs.join(', '), on.join(', '), workflow, shortPath(file)];
    }),
  );
  return columns(['JOB', 'STEPS', 'CELLS', 'NEEDS', 'ON', 'WORKFLOW', 'FILE'], rows);
}

/** The first cell stands for all of a matrix, and the jobs of the first call for those of all its cells. */
function byJob(jobs: readonly ListedJob[]): readonly ListedJob[] {
  const names = new Map<string, string>();
  const seen = new Set<string>();
  return jobs.flatMap((job) => {
    const outer = job.within === undefined ? '' : `${names.get(job.within) ?? job.within} / `;
    const id = `${outer}${job.job}`;
    names.set(job.id, id);
    const known = seen.has(id);
    seen.add(id);
    return known ? [] : [{ ...job, id }];
  });
}

/** What a run would do, step by step, and what it would not, as far as that can be known. */
export function dryRunText(plans: readonly Plan[]): string {
  return plans.flatMap((plan) => planLines(plan).map((line) => `${line}\n`)).join('');
}

function planLines(plan: Plan): string[] {
  const jobs = listedJobs(plan);
  return [
    `${oneLine(plan.workflow)} (${shortPath(plan.file)})`,
    ...plan.notices.map((notice) => `  ${oneLine(notice)}`),
    ...jobs.flatMap((job) => [`  ${jobLine(job)}`, ...job.steps.map((step) => `    ${stepLine(step)}`)]),
    ...leftOut(plan, jobs).map((words) => `  left out: ${words}`),
  ];
}

function jobLine({ id, needs, deferred, calls, runs, why }: ListedJob): string {
  const after = needs.length === 0 ? '' : `, after ${needs.join(', ')}`;
  const what = calls === undefined ? '' : ` calls ${calls}`;
  const later = deferred ? '; its cells are known when those have ended' : '';
  return oneLine(`job ${id}${what}${after}${later}${whether({ runs, ...(why === undefined ? {} : { why }) })}`);
}

function stepLine(step: ListedStep): string {
  const where = step.image === undefined ? '' : ` (${step.image}, ${step.isolation})`;
  return oneLine(`step ${step.name ?? step.id}${where}${whether(step)}`);
}

function whether({ runs, why }: Pick<ListedStep, 'runs' | 'why'>): string {
  const told = why === undefined ? '' : `: ${runs === 'no' ? 'skipped, ' : ''}${why}`;
  return runs === 'yes' ? '' : told;
}

/** What options keep from running. */
function leftOut({ others = [] }: Plan, jobs: readonly ListedJob[]): string[] {
  const cells = byJob(jobs).flatMap(({ id, cells: all = 0, job, within }) => {
    const left = all - jobs.filter((one) => one.job === job && one.within === within).length;
    return all > 0 && left > 0 ? [`${left} of ${all} cells of ${id} (--matrix)`] : [];
  });
  return [...(others.length === 0 ? [] : [`${others.join(', ')} (--job)`]), ...cells];
}
