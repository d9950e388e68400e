import { didYouMean } from '../expression/nearest.ts';
import type { Problem } from '../model/problem.ts';
import type { ControlWork, Job, Step } from '../model/workflow.ts';
import { controlStep } from '../workflow/control-step.ts';
import { splitJobName } from './select.ts';
import { workTitle } from './work-title.ts';

/**
 * Jobs, the named one of which ends with a step: that step, by its id or its name, and what it needs are left of it. `job`
 * may name one of a called workflow, `caller / job`; it may be left out where there is one job alone.
 */
export function upToStep(
  jobs: readonly Job[],
  job: string | undefined,
  step: string,
): { jobs: readonly Job[]; problems: readonly Problem[] } {
  const name = job ?? (jobs.length === 1 ? jobs[0]?.id : undefined);
  if (name === undefined) {
    const ids = jobs.map(({ id }) => id).join(', ');
    return { jobs, problems: [{ message: `--step ${step}: of which job? --job names one; there are ${ids}` }] };
  }
  const problems: Problem[] = [];
  const { id, inside } = splitJobName(name);
  const cut = (one: Job): Job => {
    const workflow = one.call?.workflow;
    if (one.call === undefined || workflow === undefined) {
      return cutJob(one, step, problems);
    }
    const within = upToStep(workflow.jobs, inside, step);
    problems.push(...within.problems);
    return { ...one, call: { ...one.call, workflow: { ...workflow, jobs: within.jobs } } };
  };
  return { jobs: jobs.map((one) => (one.id === id ? cut(one) : one)), problems };
}

/** What a job does at its end is not done: it has not come that far. */
function cutJob(job: Job, wanted: string, problems: Problem[]): Job {
  const named = ({ name, work }: Step) => (name?.text ?? workTitle(work)).trim() === wanted;
  const last = job.steps.find(({ id }) => id === wanted) ?? job.steps.find(named);
  if (last === undefined) {
    const ids = job.steps.map(({ id }) => id);
    const message = `no step '${wanted}' in job '${job.id}'; there are ${ids.join(', ')}${didYouMean(wanted, ids)}`;
    problems.push({ message, place: job.place });
    return job;
  }
  const kept = neededBy(last, job.steps);
  const steps = job.steps.filter(({ id }) => kept.has(id));
  return { ...job, steps: [...steps, ...endOfBackground(last, steps)], artifacts: [], partial: true };
}

/** The step, what it needs, and what runs beside it. */
function neededBy(last: Step, steps: readonly Step[]): ReadonlySet<string> {
  const before = steps.slice(0, steps.indexOf(last));
  const kept = new Set<string>();
  const rest = [last.id, ...before.flatMap(({ id, background }) => (background === true ? [id] : []))];
  for (let id = rest.pop(); id !== undefined; id = rest.pop()) {
    if (!kept.has(id)) {
      kept.add(id);
      rest.push(...(steps.find((step) => step.id === id)?.needs ?? []));
    }
  }
  return kept;
}

/** What still runs in the background when the job ends early is cancelled; the step itself is waited for. */
function endOfBackground(last: Step, steps: readonly Step[]): Step[] {
  const ended = new Set(
    steps.flatMap(({ work }) => (work.kind === 'wait' || work.kind === 'cancel' ? work.steps : [])),
  );
  const open = steps.flatMap(({ id, background }) => (background === true && !ended.has(id) ? [id] : []));
  const before = steps.findLast(({ background }) => background !== true);
  const { place } = last;
  const made = (kind: ControlWork['kind'], some: readonly string[], needs: readonly string[]) => {
    const id = `${kind}-before-the-end`;
    const name = { text: `${kind === 'wait' ? 'Wait for' : 'Cancel'} ${some.join(', ')}`, place };
    return controlStep({ kind, steps: some, place }, name, { id, named: false, needs, continueOnError: false });
  };
  const waited = open.filter((id) => id === last.id);
  const others = open.filter((id) => id !== last.id);
  const wait = waited.map(() => made('wait', waited, before === undefined ? [] : [before.id]));
  const behind = [...wait.map(({ id }) => id), ...(before === undefined ? [] : [before.id])].slice(0, 1);
  return [...wait, ...(others.length === 0 ? [] : [made('cancel', others, behind)])];
}
