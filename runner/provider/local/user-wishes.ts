import type { CalledWorkflow, Isolation, Job, Template, Workflow } from '../../model/workflow.ts';

/** What a user sets for whole files. */
export interface UserWishes {
  /** Level of what names none. */
  readonly isolation?: Isolation;
  /** Variables for all steps; they win over the file's top level. */
  readonly env: Readonly<Record<string, string>>;
}

/** A workflow with the user's wishes in it, and in those that it calls. */
export function withWishes<W extends Workflow>(
  workflow: W,
  wishes: UserWishes,
  done = new Map<Workflow, CalledWorkflow>(),
): W {
  const jobs = workflow.jobs.map((job) => withLevel(withInside(job, wishes, done), wishes.isolation));
  return { ...workflow, jobs, env: withVariables(workflow, wishes.env) };
}

/** A workflow that many jobs call stays one. */
function withInside(job: Job, wishes: UserWishes, done: Map<Workflow, CalledWorkflow>): Job {
  const called = job.call?.workflow;
  if (job.call === undefined || called === undefined) {
    return job;
  }
  const workflow = done.get(called) ?? withWishes(called, wishes, done);
  done.set(called, workflow);
  return { ...job, call: { ...job.call, workflow } };
}

function withLevel(job: Job, level: Isolation | undefined): Job {
  return level === undefined || job.isolation !== undefined ? job : { ...job, isolation: level };
}

function withVariables({ env, file }: Workflow, given: UserWishes['env']): Workflow['env'] {
  const literal = (text: string) => text.replaceAll('${{', "${{ '${{' }}");
  const added = Object.entries(given).map(
    ([name, value]) => [name, { text: literal(value), place: { file, line: 1, column: 1 } }] as const,
  );
  return new Map<string, Template>([...env, ...added]);
}
