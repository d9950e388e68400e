import type { DeferredJob, Plan, PlannedJob, PlannedStep } from '../model/plan.ts';

/** A plan as an indented text: jobs in their order with what they need, below each its steps with what they need. */
export function graphText(plan: Plan): string {
  const lines = plan.jobs.flatMap((job) => {
    const title = job.kind === 'job' ? job.id : `${job.jobId} (expanded when its needs end)`;
    const steps = job.kind === 'job' ? job.steps : job.job.steps;
    return [
      `${title}${needsText(job.needs)}`,
      ...steps.map((step) => `  ${stepTitle(step)}${step.needs.length === 0 ? '' : ` <- ${step.needs.join(', ')}`}`),
    ];
  });
  return [plan.workflow, ...lines.map((line) => `  ${line}`)].map((line) => `${line}\n`).join('');
}

/** A plan as a mermaid flowchart: a box of steps for each job, arrows from what is needed to what needs it. */
export function graphMermaid(plan: Plan): string {
  const lines = ['flowchart TD', ...plan.jobs.flatMap(jobBox), ...plan.jobs.flatMap((job) => jobArrows(job, plan))];
  return lines.map((line) => `${line}\n`).join('');
}

type AnyJob = PlannedJob | DeferredJob;
type AnyStep = Pick<PlannedStep, 'id' | 'name' | 'needs'>;

function needsText(needs: readonly string[]): string {
  return needs.length === 0 ? '' : ` <- ${needs.join(', ')}`;
}

function stepTitle({ id, name }: AnyStep): string {
  const line = name?.text.split('\n')[0];
  return line === undefined || line === id ? id : `${id}: ${line}`;
}

function jobBox(job: AnyJob, index: number): string[] {
  const steps: readonly AnyStep[] = job.kind === 'job' ? job.steps : job.job.steps;
  const title = job.kind === 'job' ? job.id : `${job.jobId} (expanded later)`;
  const nodes = steps.map((step, position) => `    j${index}s${position}[${quoted(stepTitle(step))}]`);
  const arrows = steps.flatMap((step, position) =>
    step.needs.map((need) => {
      const from = steps.findIndex((candidate) => candidate.id === need);
      return `    j${index}s${from} --> j${index}s${position}`;
    }),
  );
  return [`  subgraph j${index}[${quoted(title)}]`, ...nodes, ...arrows, '  end'];
}

function jobArrows(job: AnyJob, plan: Plan): string[] {
  const to = plan.jobs.indexOf(job);
  return job.needs.flatMap((need) =>
    plan.jobs.flatMap((other, from) => (other.jobId === need ? [`  j${from} --> j${to}`] : [])),
  );
}

/** Mermaid's text in quotes, where `#` starts a character code. */
function quoted(text: string): string {
  return `"${text.replace(/[#"<>&]/g, (sign) => `#${sign.codePointAt(0)};`)}"`;
}
