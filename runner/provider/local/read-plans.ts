import { dirname } from 'node:path';
import { WrongInput } from '../../host/fault.ts';
import { imageExists, unknownImage } from '../../image/open.ts';
import type { FetchAction } from '../../model/action.ts';
import type { Plan, PlanContexts } from '../../model/plan.ts';
import type { Place, Problem } from '../../model/problem.ts';
import type { Dialect, Isolation, Json, Workflow } from '../../model/workflow.ts';
import { aloneInputs } from '../../plan/alone-inputs.ts';
import { type PlanOptions, planWorkflow } from '../../plan/plan-workflow.ts';
import { splitJobName } from '../../plan/select.ts';
import { inFileOrder } from '../../workflow/problem-order.ts';
import { CalledWorkflows } from './called-workflows.ts';
import { changedFiles } from './changed-files.ts';
import { type Given, localContexts } from './contexts.ts';
import { repositoryTop } from './git.ts';
import { type ReadWorkflow, readWorkflow } from './read-workflow.ts';
import { onlyCalled, startable } from './startable.ts';
import { withWishes } from './user-wishes.ts';

/** What brings the repositories of workflows that files of a repository (its top) call. May reject with a `WrongInput`. */
export type FetchFor = (repository: string | undefined) => Promise<FetchAction>;

export interface ReadOptions
  extends Pick<PlanOptions, 'event' | 'jobs' | 'step' | 'matrix' | 'isolation' | 'host' | 'secrets'> {
  readonly given: Given;
  /** Instead of what git and `given` say: those of a run that is run again. */
  readonly contexts?: PlanContexts;
  /** Whether an input that a workflow requires must be there. */
  readonly demandInputs?: boolean;
  /** Of all files; left out, each tells its own. */
  readonly dialect?: Dialect;
  /** Level of what names none, weaker than `isolation`: it raises nothing. */
  readonly defaultIsolation?: Isolation;
  /** Other names for images. */
  readonly images?: Readonly<Record<string, string>>;
  /** Variables for all steps; they win over the file's top level. */
  readonly env?: Readonly<Record<string, string>>;
  readonly fetchFor: FetchFor;
  /** Those of the files that nobody named: of them, what only other workflows can call is left out where others remain. */
  readonly found?: ReadonlySet<string>;
  /** Plans without a job stay, to say why, beside those that have one. */
  readonly idle?: boolean;
}

/**
 * Reads and plans pipeline files (absolute paths). Throws a `WrongInput` with the problems of all of them. Of several
 * files, those without any of the jobs or matrix keys that are asked for are left out, unless that leaves none.
 */
export async function readPlans(files: readonly string[], options: ReadOptions): Promise<readonly Plan[]> {
  const read = await readLinked(files, options);
  const all = read.flatMap(({ workflow, draft }) => workflow ?? draft ?? []);
  const { workflows, notices } = startable(all, options.found);
  const wanted = asked(workflows, options.jobs);
  const planned = await Promise.all(wanted.map((workflow) => plan(workflow, options)));
  const problems = allProblems(
    read.flatMap((result) => result.problems),
    planned.flatMap((result) => result.problems),
  );
  if (problems.length > 0) {
    throw new WrongInput(problems);
  }
  const [first, ...others] = planned.flatMap((result) => (result.plan === undefined ? [] : [result.plan]));
  const plans = first === undefined ? [] : [{ ...first, notices: [...first.notices, ...notices] }, ...others];
  const busy = plans.filter((one) => one.jobs.length > 0);
  return busy.length > 0 && options.idle !== true ? busy : plans;
}

/** The files, with the workflows that they call. */
async function readLinked(files: readonly string[], options: ReadOptions): Promise<readonly ReadWorkflow[]> {
  const read = await Promise.all(files.map((file) => readWorkflow(file, options.dialect)));
  const byTop = new Map<string | undefined, CalledWorkflows>();
  const linked: ReadWorkflow[] = [];
  for (const one of read) {
    const workflow = one.workflow ?? one.outline;
    if (workflow?.jobs.some(({ call }) => call !== undefined) !== true) {
      linked.push(one);
      continue;
    }
    const top = await repositoryTop(dirname(workflow.file));
    const called = byTop.get(top) ?? new CalledWorkflows(async (...of) => (await options.fetchFor(top))(...of));
    byTop.set(top, called);
    linked.push(await called.link(one));
  }
  return linked;
}

/** What planning finds of a value that is wrong already, or of no value, most likely comes of what reading found. */
function allProblems(read: readonly Problem[], planned: readonly Problem[]): readonly Problem[] {
  const more = planned.filter(({ place }) =>
    place === undefined
      ? read.length === 0
      : !read.some((told) => told.place !== undefined && holds(place, told.place)),
  );
  const files = new Set([...read, ...more].map(({ place }) => place?.file));
  return [...files].flatMap((file) => inFileOrder([...read, ...more].filter(({ place }) => place?.file === file)));
}

function holds(outer: Place, inner: Place): boolean {
  const right = outer.column + (outer.length ?? 1);
  return outer.file === inner.file && outer.line === inner.line && outer.column <= inner.column && inner.column < right;
}

function asked(workflows: readonly Workflow[], jobs: readonly string[] = []): readonly Workflow[] {
  const having = workflows.filter((workflow) => jobs.some((name) => hasJob(workflow, name)));
  const known = jobs.every((name) => workflows.some((workflow) => hasJob(workflow, name)));
  return jobs.length === 0 || workflows.length === 1 || !known ? workflows : having;
}

function hasJob({ jobs }: Workflow, name: string): boolean {
  const { id } = splitJobName(name);
  return jobs.some((job) => job.id === id);
}

async function plan(read: Workflow, options: ReadOptions): Promise<{ plan?: Plan; problems: readonly Problem[] }> {
  const { defaultIsolation: isolation, images = {}, env = {}, jobs = [] } = options;
  const workflow = withWishes(read, { env, ...(isolation === undefined ? {} : { isolation }) });
  const own = jobs.filter((name) => hasJob(workflow, name));
  const repository = await repositoryTop(dirname(workflow.file));
  const { problems, ...occasion } = await occasionOf(workflow, repository, options);
  const alone = aloneOf(workflow, occasion, options);
  const planned = planWorkflow(workflow, {
    ...options,
    ...occasion,
    contexts: alone.contexts,
    late: alone.late,
    jobs: own.length > 0 ? own : jobs,
    labels: images,
    whyNoImage: (reference) => {
      const image = images[reference] ?? reference;
      return imageExists(image, repository) ? undefined : unknownImage(image);
    },
    hasTree: repository !== undefined,
    ...(repository === undefined ? {} : { repository }),
  });
  const wrong = [...problems, ...alone.problems];
  return wrong.length === 0 ? planned : { problems: [...wrong, ...planned.problems] };
}

/** A workflow that only others can call is given its inputs by whoever runs it. */
function aloneOf(
  workflow: Workflow,
  { contexts }: Occasion,
  { given, contexts: before, demandInputs = false }: ReadOptions,
) {
  if (workflow.call === undefined || !onlyCalled(workflow) || before !== undefined) {
    return { contexts, late: new Set<string>(), problems: [] };
  }
  const { values, late, problems } = aloneInputs(workflow.call, given.inputs, contexts, demandInputs);
  return { contexts: { ...contexts, inputs: values }, late, problems };
}

type Occasion = Pick<PlanOptions, 'contexts' | 'event' | 'changed'>;

/** What is known of the event and of the repository it happens in; an event that was asked for is to fit `on`. */
async function occasionOf(
  workflow: Workflow,
  repository: string | undefined,
  { contexts: given, event: asked, ...options }: ReadOptions,
): Promise<Occasion & { problems: readonly Problem[] }> {
  if (given !== undefined) {
    return { contexts: given, problems: [] };
  }
  const found = await localContexts(workflow, repository, options.given, options.demandInputs);
  const { contexts, event, problems } = found;
  if (asked === undefined || repository === undefined) {
    return { contexts, problems, ...(asked === undefined ? {} : { event }) };
  }
  const { event: payload } = contexts.github as { readonly event: Json };
  const changed = await changedFiles(repository, event, payload);
  return { contexts, problems, event, ...(changed === undefined ? {} : { changed }) };
}
