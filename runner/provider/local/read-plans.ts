import { isUtf8 } from 'node:buffer';
import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { causeText, HostFault, WrongInput } from '../../host/fault.ts';
import { imageExists, unknownImage } from '../../image/open.ts';
import type { Plan, PlanContexts } from '../../model/plan.ts';
import type { Place, Problem } from '../../model/problem.ts';
import type { Dialect, Isolation, Json, Template, Workflow } from '../../model/workflow.ts';
import { type PlanOptions, planWorkflow } from '../../plan/plan-workflow.ts';
import { dialectOf } from '../../workflow/dialect.ts';
import { readGithubWorkflow } from '../../workflow/github/read.ts';
import { readPipeline } from '../../workflow/lightv/read.ts';
import { inFileOrder } from '../../workflow/problem-order.ts';
import { changedFiles } from './changed-files.ts';
import { type Given, localContexts } from './contexts.ts';
import { repositoryTop } from './git.ts';

/** No pipeline a person wrote is larger, in bytes. */
const largestFile = 1024 * 1024;

export interface ReadOptions extends Pick<PlanOptions, 'event' | 'jobs' | 'matrix' | 'isolation' | 'host' | 'secrets'> {
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
}

/**
 * Reads and plans pipeline files (absolute paths). Throws a `WrongInput` with the problems of all of them. Of several
 * files, those without any of the jobs or matrix keys that are asked for are left out, unless that leaves none.
 */
export async function readPlans(files: readonly string[], options: ReadOptions): Promise<readonly Plan[]> {
  const read = await Promise.all(files.map((file) => readWorkflow(file, options.dialect)));
  const wanted = asked(
    read.flatMap(({ workflow, draft }) => workflow ?? draft ?? []),
    options.jobs,
  );
  const planned = await Promise.all(wanted.map((workflow) => plan(workflow, options)));
  const problems = allProblems(
    read.flatMap((result) => result.problems),
    planned.flatMap((result) => result.problems),
  );
  if (problems.length > 0) {
    throw new WrongInput(problems);
  }
  const plans = planned.flatMap((result) => (result.plan === undefined ? [] : [result.plan]));
  const busy = plans.filter((one) => one.jobs.length > 0);
  return busy.length > 0 ? busy : plans;
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

interface ReadFile {
  readonly workflow?: Workflow;
  /** In place of a wrong one, what can be planned of it all the same. */
  readonly draft?: Workflow;
  readonly problems: readonly Problem[];
}

/** Reads one file. Everything wrong with it is in `problems`; only a host that cannot read is thrown, as a `HostFault`. */
async function readWorkflow(file: string, dialect: Dialect | undefined): Promise<ReadFile> {
  const wrong = (message: string) => ({ problems: [{ message, place: { file, line: 1, column: 1 } }] });
  try {
    const found = await stat(file);
    if (!found.isFile()) {
      return wrong('this is not a file');
    }
    if (found.size > largestFile) {
      return wrong(`the file has ${found.size} bytes; at most ${largestFile} (1 MiB) are allowed`);
    }
    const text = textOf(await readFile(file));
    return text === undefined
      ? wrong('the file is not UTF-8 text')
      : await readDialect(text, file, dialect ?? dialectOf(file, text));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EACCES' || code === 'ENOTDIR' || code === 'EPERM') {
      return wrong(`the file cannot be read: ${causeText(error)}`);
    }
    throw code === undefined ? error : new HostFault(`read ${file}`, error);
  }
}

/** `undefined` for bytes that are no UTF-8. */
function textOf(bytes: Uint8Array): string | undefined {
  return isUtf8(bytes) ? new TextDecoder().decode(bytes) : undefined;
}

async function readDialect(text: string, file: string, dialect: Dialect): Promise<ReadFile> {
  if (dialect === 'github') {
    return await readGithubWorkflow(text, file, await repositoryTop(dirname(file)));
  }
  if (dialect === 'gitlab') {
    const message = "GitLab's pipelines cannot be run yet; --dialect lightv or github reads the file as one of these";
    return { problems: [{ message, place: { file, line: 1, column: 1 } }] };
  }
  return readPipeline(text, file);
}

function asked(workflows: readonly Workflow[], jobs: readonly string[] = []): readonly Workflow[] {
  const having = workflows.filter((workflow) => workflow.jobs.some((job) => jobs.includes(job.id)));
  const known = jobs.every((id) => workflows.some((workflow) => workflow.jobs.some((job) => job.id === id)));
  return jobs.length === 0 || workflows.length === 1 || !known ? workflows : having;
}

async function plan(workflow: Workflow, options: ReadOptions): Promise<{ plan?: Plan; problems: readonly Problem[] }> {
  const { defaultIsolation, images = {}, env = {}, jobs = [] } = options;
  const own = jobs.filter((id) => workflow.jobs.some((job) => job.id === id));
  const repository = await repositoryTop(dirname(workflow.file));
  const { problems, ...occasion } = await occasionOf(workflow, repository, options);
  if (problems.length > 0) {
    return { problems };
  }
  const result = planWorkflow(withDefault(workflow, defaultIsolation), {
    ...options,
    ...occasion,
    jobs: own.length > 0 ? own : jobs,
    labels: images,
    whyNoImage: (reference) => {
      const named = images[reference] ?? reference;
      return imageExists(named, repository) ? undefined : unknownImage(named);
    },
    ...(repository === undefined ? {} : { repository }),
  });
  return result.plan === undefined
    ? result
    : { plan: { ...result.plan, env: withEnv(result.plan.env, env, workflow.file) }, problems: [] };
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

function withDefault(workflow: Workflow, level: Isolation | undefined): Workflow {
  if (level === undefined) {
    return workflow;
  }
  return { ...workflow, jobs: workflow.jobs.map((job) => ({ ...job, isolation: job.isolation ?? level })) };
}

function withEnv(env: Plan['env'], given: Readonly<Record<string, string>>, file: string): Plan['env'] {
  const literal = (text: string) => text.replaceAll('${{', "${{ '${{' }}");
  const added = Object.entries(given).map(
    ([name, value]) => [name, { text: literal(value), place: { file, line: 1, column: 1 } }] as const,
  );
  return new Map<string, Template>([...env, ...added]);
}
