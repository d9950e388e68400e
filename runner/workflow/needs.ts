import { didYouMean } from '../expression/nearest.ts';
import type { Problem } from '../model/problem.ts';
import type { Job } from '../model/workflow.ts';
import { enumerated } from './shown.ts';

/** Needs of jobs that do not exist, and circles of needs; each circle once, from its first job in the file. */
export function needsProblems(jobs: readonly Job[]): Problem[] {
  return [...unknownNeeds(jobs), ...circles(jobs)];
}

/** Needs of jobs that do not exist. */
export function unknownNeeds(jobs: readonly Job[]): Problem[] {
  const ids = jobs.map((job) => job.id);
  return jobs.flatMap((job) =>
    job.needs
      .filter((need) => !ids.includes(need.id))
      .map((need) => {
        const others = ids.filter((id) => id !== job.id);
        const list = others.length === 0 ? 'there is no other job' : `jobs: ${enumerated(others)}`;
        const message = `'needs' names '${need.id}', but there is no such job; ${list}${didYouMean(need.id, others)}`;
        return { message, place: need.place };
      }),
  );
}

function circles(jobs: readonly Job[]): Problem[] {
  const told = new Set<string>();
  return jobs.flatMap((job) => {
    const circle = told.has(job.id) ? undefined : circleFrom(job, jobs);
    if (circle === undefined) {
      return [];
    }
    for (const id of circle) {
      told.add(id);
    }
    const next = circle[1] ?? job.id;
    const place = job.needs.find((need) => need.id === next)?.place ?? job.place;
    return [{ message: `jobs need each other in a circle: ${[...circle, job.id].join(' -> ')}`, place }];
  });
}

/** The shortest way from a job through needs back to it, the earlier need first where two are as short. */
function circleFrom(start: Job, jobs: readonly Job[]): string[] | undefined {
  const byId = new Map(jobs.map((job) => [job.id, job]));
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
    for (const need of job.needs) {
      if (need.id === start.id) {
        return wayTo(job.id, start.id, cameFrom);
      }
      const next = byId.get(need.id);
      if (next !== undefined && !cameFrom.has(next.id)) {
        cameFrom.set(next.id, job.id);
        queue.push(next);
      }
    }
  }
  return undefined;
}

function wayTo(end: string, start: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const way: string[] = [];
  for (let id: string | undefined = end; id !== undefined && id !== start; id = cameFrom.get(id)) {
    way.unshift(id);
  }
  return [start, ...way];
}
