import { didYouMean } from '../expression/nearest.ts';
import type { Problem } from '../model/problem.ts';
import type { Job, Workflow } from '../model/workflow.ts';

/** The jobs named, with everything they need, in the order of the file; all of them when none is named. */
export function selectJobs(
  workflow: Workflow,
  named: readonly string[] | undefined,
): { jobs: readonly Job[]; problems: Problem[] } {
  if (named === undefined || named.length === 0) {
    return { jobs: workflow.jobs, problems: [] };
  }
  const byId = new Map(workflow.jobs.map((job) => [job.id, job]));
  const ids = [...byId.keys()];
  const problems = named
    .filter((id) => !byId.has(id))
    .map((id) => ({
      message: `no job '${id}' in ${workflow.file}; there are ${ids.join(', ')}${didYouMean(id, ids)}`,
    }));
  const wanted = new Set<string>();
  const rest = [...named];
  for (let id = rest.pop(); id !== undefined; id = rest.pop()) {
    if (!wanted.has(id)) {
      wanted.add(id);
      rest.push(...(byId.get(id)?.needs ?? []).map((need) => need.id));
    }
  }
  return { jobs: workflow.jobs.filter((job) => wanted.has(job.id)), problems };
}
