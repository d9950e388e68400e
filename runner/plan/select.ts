import { didYouMean } from '../expression/nearest.ts';
import type { Problem } from '../model/problem.ts';
import type { Job, Workflow } from '../model/workflow.ts';

/** The id of the job itself, and what is asked for of the workflow it calls. */
export function splitJobName(name: string): { readonly id: string; readonly inside?: string } {
  const cut = name.indexOf('/');
  return cut === -1 ? { id: name } : { id: name.slice(0, cut).trim(), inside: name.slice(cut + 1).trim() };
}

/**
 * The jobs named, with everything they need, in the order of the file; all of them when none is named. `caller / job`
 * names one job of a called workflow: of that call only it and what it needs is left.
 */
export function selectJobs(
  { file, jobs }: Pick<Workflow, 'file' | 'jobs'>,
  named: readonly string[] | undefined,
): { jobs: readonly Job[]; problems: Problem[] } {
  if (named === undefined || named.length === 0) {
    return { jobs, problems: [] };
  }
  const names = named.map(splitJobName);
  const byId = new Map(jobs.map((job) => [job.id, job]));
  const problems = names.flatMap(({ id, inside }) => nameProblem(byId, file, id, inside));
  const partly = new Set(names.flatMap(({ id, inside }) => (inside === undefined ? [] : [id])));
  const wanted = new Set<string>();
  const whole = new Set(names.flatMap(({ id, inside }) => (inside === undefined ? [id] : [])));
  const rest = names.map(({ id }) => id);
  for (let id = rest.pop(); id !== undefined; id = rest.pop()) {
    if (!wanted.has(id)) {
      wanted.add(id);
      for (const need of byId.get(id)?.needs ?? []) {
        whole.add(need.id);
        rest.push(need.id);
      }
    }
  }
  const selected = jobs.flatMap((job): readonly Job[] => {
    if (!wanted.has(job.id) || !partly.has(job.id) || whole.has(job.id)) {
      return wanted.has(job.id) ? [job] : [];
    }
    const inside = names.flatMap((name) => (name.id === job.id && name.inside !== undefined ? [name.inside] : []));
    return selectInside(job, inside, problems);
  });
  return { jobs: selected, problems };
}

/** The job with less behind it. */
function selectInside(job: Job, names: readonly string[], problems: Problem[]): readonly Job[] {
  const workflow = job.call?.workflow;
  if (job.call === undefined || workflow === undefined) {
    return [job];
  }
  const inside = selectJobs(workflow, names);
  problems.push(...inside.problems);
  return [{ ...job, call: { ...job.call, workflow: { ...workflow, jobs: inside.jobs } } }];
}

function nameProblem(jobs: ReadonlyMap<string, Job>, file: string, id: string, inside: string | undefined): Problem[] {
  const job = jobs.get(id);
  const ids = [...jobs.keys()];
  if (job === undefined) {
    return [{ message: `no job '${id}' in ${file}; there are ${ids.join(', ')}${didYouMean(id, ids)}` }];
  }
  return inside === undefined || job.call !== undefined
    ? []
    : [{ message: `no job '${inside}' inside '${id}' of ${file}: it calls no workflow` }];
}
