import { didYouMean } from '../expression/nearest.ts';
import type { Problem } from '../model/problem.ts';
import type { Job, Step } from '../model/workflow.ts';
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
  return { ...job, steps: job.steps.filter(({ id }) => kept.has(id)), artifacts: [], partial: true };
}

function neededBy(last: Step, steps: readonly Step[]): ReadonlySet<string> {
  const kept = new Set<string>();
  const rest = [last.id];
  for (let id = rest.pop(); id !== undefined; id = rest.pop()) {
    if (!kept.has(id)) {
      kept.add(id);
      rest.push(...(steps.find((step) => step.id === id)?.needs ?? []));
    }
  }
  return kept;
}
