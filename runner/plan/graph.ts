import type { DeferredJob, Plan, PlannedCall, PlannedJob, PlannedStep } from '../model/plan.ts';
import { workTitle } from './work-title.ts';

/**
 * A plan as an indented text: jobs in their order with what they need, below each its steps with what they need, or the
 * jobs of the workflow that it calls.
 */
export function graphText(plan: Plan): string {
  const lines = [plan.workflow, ...plan.jobs.flatMap(jobLines).map((line) => `  ${line}`)];
  return lines.map((line) => `${line}\n`).join('');
}

/** A plan as a mermaid flowchart: a box of steps for each job, arrows from what is needed to what needs it. */
export function graphMermaid(plan: Plan): string {
  const lines = ['flowchart TD', ...boxes(plan.jobs, ''), ...arrows(plan.jobs, '')];
  return lines.map((line) => `${line}\n`).join('');
}

type AnyJob = PlannedJob | PlannedCall | DeferredJob;
type AnyStep = Pick<PlannedStep, 'id' | 'named' | 'name' | 'work' | 'needs'>;

function jobLines(job: AnyJob): string[] {
  const calls = job.kind === 'job' ? undefined : job.kind === 'call' ? job.call : job.job.call;
  const what = calls === undefined ? '' : ` calls ${calls.uses.text}`;
  const later = job.kind === 'deferred' ? ' (expanded when its needs end)' : '';
  const title = `${job.id}${what}${later}${needsText(job.needs)}`;
  const inside = job.kind === 'call' ? job.plan.jobs.flatMap(jobLines) : stepsOf(job).map(stepLine);
  return [title, ...inside.map((line) => `  ${line}`)];
}

function stepLine(step: AnyStep): string {
  return `${stepTitle(step)}${needsText(step.needs)}`;
}

function stepsOf(job: PlannedJob | DeferredJob): readonly AnyStep[] {
  return job.kind === 'job' ? job.steps : job.job.steps;
}

function needsText(needs: readonly string[]): string {
  return needs.length === 0 ? '' : ` <- ${needs.join(', ')}`;
}

function stepTitle({ id, named, name, work }: AnyStep): string {
  const line = name?.text.split('\n')[0] ?? (named ? '' : workTitle(work));
  return line === '' || line === id ? id : `${id}: ${line}`;
}

/** `prefix` names the boxes around; a box's own name is put behind it. */
function boxes(jobs: readonly AnyJob[], prefix: string): string[] {
  return jobs.flatMap((job, index) => {
    const name = `${prefix}j${index}`;
    const title = job.kind === 'deferred' ? `${job.id} (expanded later)` : job.id;
    const inside =
      job.kind === 'call'
        ? [...boxes(job.plan.jobs, name), ...arrows(job.plan.jobs, name)].map((line) => `  ${line}`)
        : stepNodes(stepsOf(job), name);
    return [`  subgraph ${name}[${quoted(title)}]`, ...inside, '  end'];
  });
}

function stepNodes(steps: readonly AnyStep[], name: string): string[] {
  const nodes = steps.map((step, position) => `    ${name}s${position}[${quoted(stepTitle(step))}]`);
  const between = steps.flatMap((step, position) =>
    step.needs.map((need) => {
      const from = steps.findIndex((candidate) => candidate.id === need);
      return `    ${name}s${from} --> ${name}s${position}`;
    }),
  );
  return [...nodes, ...between];
}

function arrows(jobs: readonly AnyJob[], prefix: string): string[] {
  return jobs.flatMap((job, to) =>
    job.needs.flatMap((need) =>
      jobs.flatMap((other, from) => (other.jobId === need ? [`  ${prefix}j${from} --> ${prefix}j${to}`] : [])),
    ),
  );
}

/** Mermaid's text in quotes, where `#` starts a character code. */
function quoted(text: string): string {
  return `"${text.replace(/[#"<>&]/g, (sign) => `#${sign.codePointAt(0)};`)}"`;
}
