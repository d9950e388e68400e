import type { DeferredJob, Plan, PlanBounds, PlanContexts, PlannedCall, PlannedJob } from '../model/plan.ts';
import type { Problem } from '../model/problem.ts';
import type { Isolation, Job, Json, Workflow } from '../model/workflow.ts';
import { matrixKeys } from '../workflow/matrix-keys.ts';
import { inFileOrder } from '../workflow/problem-order.ts';
import { artifactProblems } from './artifact-names.ts';
import { everyJobCalled } from './every-job.ts';
import { planJob } from './job.ts';
import { planJobs } from './jobs.ts';
import { orderJobs } from './order.ts';
import { JobRoom, type Planned } from './place.ts';
import { isTemplate } from './resolve.ts';
import { runProblems } from './run-problems.ts';
import { githubLabels } from './runs-on.ts';
import { missingSecrets } from './secret-uses.ts';
import { selectJobs } from './select.ts';
import { upToStep } from './select-step.ts';
import { type Occasion, whyNoAnswer } from './triggers.ts';

export interface PlanOptions {
  readonly contexts: PlanContexts;
  /** Only a workflow whose `on` names it has jobs; absent: `on` is not looked at. */
  readonly event?: string;
  /** Files the event is about, from the repository's top; absent: filters of paths let everything pass. */
  readonly changed?: readonly string[];
  /** Ids of jobs; their needs come along. */
  readonly jobs?: readonly string[];
  /** The job named, which must be one, goes no further than this step of it, by id or name. */
  readonly step?: string;
  /** Cells to keep: for each axis the values allowed, as text. */
  readonly matrix?: ReadonlyMap<string, ReadonlySet<string>>;
  /** Default for whatever names none; raises a weaker named level; a stronger one is a problem. */
  readonly isolation?: Isolation;
  /** CPUs and bytes this host may give to machines; without `disk` a disk of any size may be asked for. */
  readonly host: { readonly cpu: number; readonly memory: number; readonly disk?: number };
  /** Names of the secrets that have a value; absent: not checked. */
  readonly secrets?: ReadonlySet<string>;
  /** Names in lower case of inputs that nobody gave; what hangs on them is not planned yet. */
  readonly late?: ReadonlySet<string>;
  /** The git repository's top, absolute. */
  readonly repository?: string;
  /** Whether there is a working tree to check out; absent: not looked at. */
  readonly hasTree?: boolean;
  /** Image of steps that name none; `busybox` when left out. */
  readonly image?: string;
  /** One sentence for a reference that leads to no image, else `undefined`; absent: not checked. */
  readonly whyNoImage?: (reference: string) => string | undefined;
  /** Images by labels of `runs-on`, besides GitHub's own. */
  readonly labels?: Readonly<Record<string, string>>;
}

/**
 * Makes a workflow ready to run. Pure: the same input gives the same plan. `plan` is absent when there are problems; a
 * workflow that does not answer to the event has a plan without jobs.
 */
export function planWorkflow(workflow: Workflow, options: PlanOptions): { plan?: Plan; problems: Problem[] } {
  const bounds = boundsOf(options);
  const selected = selectWork(workflow, options);
  const { ordered, stuck } = orderJobs(selected.jobs);
  const problems: Problem[] = [...selected.problems, ...stuck.map(cycleProblem)];
  const unanswered = whyNoAnswer(workflow, occasionOf(options));
  const jobs = unanswered === undefined ? ordered : [];
  const { contexts, late = new Set() } = options;
  const planned = planJobs(jobs, { contexts, bounds, late, room: new JobRoom() });
  problems.push(...planned.problems);
  problems.push(...unknownAxes(jobs, options.matrix), ...missingTrees(jobs, options.hasTree));
  problems.push(...runProblems(workflow, contexts));
  problems.push(
    ...artifactProblems(
      planned.jobs.filter((job) => job.kind === 'job'),
      contexts,
    ),
  );
  if (problems.length > 0) {
    return { problems: inFileOrder(problems) };
  }
  const { name, file, dialect, env, runName, concurrency } = workflow;
  const called = [...everyJobCalled(workflow.jobs)].flatMap((job) => job.call?.workflow?.notices ?? []);
  const idle = unanswered === undefined ? [] : [`no job runs: ${unanswered}`];
  const notices = [...new Set([...idle, ...(workflow.notices ?? []), ...called])];
  const { repository } = options;
  const warnings = dialect === 'github' ? missingSecrets({ jobs: planned.jobs, contexts, env }, options.secrets) : [];
  return {
    plan: {
      workflow: name,
      file,
      dialect,
      on: [...new Set(workflow.on.map(({ event }) => event))],
      others: workflow.jobs.flatMap(({ id }) => (selected.jobs.some((job) => job.id === id) ? [] : [id])),
      notices,
      ...(warnings.length === 0 ? {} : { warnings }),
      ...(repository === undefined ? {} : { repository }),
      contexts,
      ...(runName === undefined ? {} : { runName }),
      ...(concurrency === undefined ? {} : { concurrency }),
      env,
      jobs: planned.jobs,
    },
    problems: [],
  };
}

/**
 * The jobs of a deferred one, once its needs have ended; evaluate its `if` before. `needs` is the context of that name:
 * for each need its `result` and `outputs`. No jobs when there are problems.
 */
export function expandDeferred(
  job: DeferredJob,
  plan: Plan,
  needs: { readonly [job: string]: Json },
): Planned<PlannedJob | PlannedCall> {
  const unbounded = { cpu: Number.POSITIVE_INFINITY, memory: Number.POSITIVE_INFINITY };
  const bounds = job.bounds ?? { host: unbounded, image: defaultImage, labels: githubLabels };
  const { within } = job;
  const place = { contexts: plan.contexts, bounds, late: new Set<string>(), room: new JobRoom() };
  const { jobs, problems } = planJob(
    job.job,
    { ...place, ...(within === undefined ? {} : { within }) },
    needs,
    planJobs,
  );
  const runs = [...plan.jobs, ...jobs].filter((other) => other.kind === 'job');
  const all = [...problems, ...artifactProblems(runs, plan.contexts)];
  return all.length > 0 ? { jobs: [], problems: inFileOrder(all) } : { jobs, problems: [] };
}

const defaultImage = 'busybox';

function boundsOf({ host, image, isolation, secrets, matrix, labels = {}, whyNoImage }: PlanOptions): PlanBounds {
  return {
    host,
    image: image ?? defaultImage,
    labels: new Map([
      ...githubLabels,
      ...Object.entries(labels).map(([label, of]) => [label.toLowerCase(), of] as const),
    ]),
    ...(whyNoImage === undefined ? {} : { whyNoImage }),
    ...(isolation === undefined ? {} : { isolation }),
    ...(secrets === undefined ? {} : { secrets }),
    ...(matrix === undefined ? {} : { matrix }),
  };
}

function selectWork(workflow: Workflow, { jobs: named = [], step }: PlanOptions) {
  const selected = selectJobs(workflow, named);
  if (step === undefined || selected.problems.length > 0) {
    return selected;
  }
  const [job, ...more] = named;
  if (more.length > 0) {
    const message = `--step ${step}: of which job? --job names ${named.join(' and ')}`;
    return { ...selected, problems: [{ message }] };
  }
  return upToStep(selected.jobs, job, step);
}

function occasionOf({ event, contexts, changed }: PlanOptions): Occasion | undefined {
  return event === undefined ? undefined : { event, contexts, ...(changed === undefined ? {} : { changed }) };
}

function cycleProblem(job: Job): Problem {
  const place = job.needs[0]?.place ?? job.place;
  return { message: `job '${job.id}' needs itself, directly or through others`, place };
}

/** `checkout: true` is a promise that only a git repository can keep. */
function missingTrees(jobs: readonly Job[], hasTree: boolean | undefined): Problem[] {
  const asking = jobs.filter(({ checkout }) => checkout === true && hasTree === false);
  return asking.map(({ id, place }) => {
    const message = `job '${id}' has checkout: true, but the file is not in a git repository; leave it out, or name a repository`;
    return { message, place };
  });
}

/** Keys of the filter that no matrix has, where all matrices are known. */
function unknownAxes(jobs: readonly Job[], filter: PlanOptions['matrix']): Problem[] {
  const known = new Set<string>();
  for (const { strategy } of everyJobCalled(jobs)) {
    const matrix = strategy === undefined || isTemplate(strategy) ? undefined : strategy.matrix;
    const keys = matrix === undefined ? [] : matrixKeys(matrix);
    if (keys === undefined || (strategy !== undefined && isTemplate(strategy))) {
      return [];
    }
    for (const key of keys) {
      known.add(key);
    }
  }
  return [...(filter?.keys() ?? [])]
    .filter((key) => !known.has(key))
    .map((key) => ({
      message: `--matrix ${key}: no matrix has that key; ${known.size === 0 ? 'there is no matrix' : `there are ${[...known].join(', ')}`}`,
    }));
}
