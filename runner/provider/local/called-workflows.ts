import { WrongInput } from '../../host/fault.ts';
import type { FetchAction } from '../../model/action.ts';
import type { Problem } from '../../model/problem.ts';
import type { Call, CalledWorkflow, Job, Workflow, WorkflowOrigin } from '../../model/workflow.ts';
import { ofRepository } from '../../plan/self-reference.ts';
import { permissionProblems } from '../../workflow/github/call-permissions.ts';
import { callProblems } from '../../workflow/github/call-problems.ts';
import type { ReadWorkflow } from './read-workflow.ts';
import { fileOf, findWorkflow, type WorkflowFile, type WorkflowSite } from './workflow-site.ts';

/** Bounds of GitHub's on what one file may call, directly and through others; the levels count that file as the first. */
const mostLevels = 10;
const mostFiles = 50;

/** What one file calls, and what is known of it so far. */
interface Tree {
  /** Name of the file. */
  readonly top: string;
  /** Keys of the files that it calls, directly and through others. */
  readonly files: Set<string>;
}

/** The files that lead to a call, from the top one on. */
type Chain = readonly { readonly key: string; readonly name: string }[];

/** A workflow that is called, with what it calls itself; absent where there are problems. */
interface Linked {
  readonly workflow?: CalledWorkflow;
  readonly problems: readonly Problem[];
  /** Keys of its file and of those below it. */
  readonly files: readonly string[];
  /** Levels of files, itself the first. */
  readonly levels: number;
}

/**
 * Finds the workflows that files of one repository call, reading each once however many call it. One `link` at a time.
 */
export class CalledWorkflows {
  readonly #fetch: FetchAction;
  readonly #files = new Map<string, ReadWorkflow | undefined>();
  readonly #linked = new Map<string, Linked>();

  /** `fetch` brings the repositories of workflows as it does those of actions. */
  constructor(fetch: FetchAction) {
    this.#fetch = fetch;
  }

  /**
   * A workflow with all that it calls, directly and through others. What is wrong with any of these files is among the
   * problems, with its place there; what cannot be had with the place that asks for it.
   */
  async link(read: ReadWorkflow): Promise<ReadWorkflow> {
    const workflow = read.workflow ?? read.outline;
    if (workflow === undefined) {
      return read;
    }
    const file = await fileOf(workflow);
    const name = file.site.name(file.path);
    const chain = [{ key: file.site.key(file.path), name }];
    const { jobs, problems } = await this.#jobs(workflow, file, chain, { top: name, files: new Set() });
    const all = [...read.problems, ...problems, ...permissionProblems(jobs)];
    return all.length > 0 ? { problems: all } : { workflow: { ...workflow, jobs }, problems: [] };
  }

  /** The jobs of a workflow, those that call one with what they call. */
  async #jobs({ jobs }: Workflow, file: WorkflowFile, chain: Chain, tree: Tree) {
    // Sets: what a file below says comes once for each call of it.
    const problems = new Set<Problem>();
    const files = new Set<string>();
    const linked: Job[] = [];
    let levels = 1;
    for (const job of jobs) {
      const found = job.call === undefined ? undefined : await this.#call(job.call, file, chain, tree);
      found?.problems.forEach((problem) => void problems.add(problem));
      found?.files.forEach((key) => void files.add(key));
      levels = Math.max(levels, 1 + (found?.levels ?? 0));
      const { workflow } = found ?? {};
      linked.push(job.call === undefined || workflow === undefined ? job : { ...job, call: { ...job.call, workflow } });
    }
    return { jobs: linked, problems: [...problems], files: [...files], levels };
  }

  async #call(call: Call, { site }: WorkflowFile, chain: Chain, tree: Tree): Promise<Linked> {
    const refused = (message: string): Linked => ({
      problems: [{ message, place: call.uses.place }],
      files: [],
      levels: 0,
    });
    const file = await this.#find(call, site);
    if ('problems' in file) {
      return { ...file, files: [], levels: 0 };
    }
    const at = { key: file.site.key(file.path), name: file.site.name(file.path) };
    const bound = beyond(at, chain, tree);
    if (bound !== undefined) {
      return refused(bound);
    }
    const read = await this.#read(file, at.key);
    if (read === undefined) {
      return refused(`there is no workflow ${at.name}`);
    }
    if (read.workflow !== undefined && read.workflow.call === undefined) {
      return refused(`${at.name} cannot be called: its 'on' does not name workflow_call`);
    }
    const linked = this.#linked.get(at.key) ?? (await this.#descend(read, file, [...chain, at], tree));
    this.#linked.set(at.key, linked);
    const broken = beyondWith(linked, chain, tree);
    if (broken !== undefined) {
      return refused(broken);
    }
    const declared = read.workflow?.call;
    const wrong = declared === undefined ? [] : callProblems(call, declared);
    return { ...linked, problems: [...linked.problems, ...wrong] };
  }

  /** The file that a call names, or why it cannot be had. */
  async #find({ reference, uses }: Call, from: WorkflowSite): Promise<WorkflowFile | Pick<Linked, 'problems'>> {
    try {
      return await findWorkflow(reference, from, this.#fetch);
    } catch (error) {
      if (!(error instanceof WrongInput)) {
        throw error;
      }
      const told = (message: string) => `the workflow '${uses.text}' cannot be had: ${message}`;
      return {
        problems: error.problems.map((problem) =>
          problem.place === undefined ? { message: told(problem.message), place: uses.place } : problem,
        ),
      };
    }
  }

  async #read({ site, path }: WorkflowFile, key: string): Promise<ReadWorkflow | undefined> {
    if (!this.#files.has(key)) {
      this.#files.set(key, await site.read(path));
    }
    return this.#files.get(key);
  }

  async #descend(read: ReadWorkflow, file: WorkflowFile, chain: Chain, tree: Tree): Promise<Linked> {
    const { site, path } = file;
    const key = site.key(path);
    const workflow = read.workflow ?? read.outline;
    if (workflow === undefined) {
      return { problems: read.problems, files: [key], levels: 1 };
    }
    const { jobs, problems, files, levels } = await this.#jobs(workflow, file, chain, tree);
    const all = { problems: [...read.problems, ...problems], files: [key, ...files], levels };
    const { call } = workflow;
    if (call === undefined || all.problems.length > 0) {
      return all;
    }
    const { origin } = site;
    const found = { ...workflow, call, path };
    return {
      ...all,
      workflow: origin === undefined ? { ...found, jobs } : { ...found, jobs: jobs.map(withOwn(origin)), origin },
    };
  }
}

/** Actions of a called workflow's own repository are those of the commit that it was read at. */
function withOwn({ repository, sha }: WorkflowOrigin) {
  return (job: Job): Job => ({
    ...job,
    steps: job.steps.map((step) => ({ ...step, work: ofRepository(step.work, { repository, ref: sha }) })),
  });
}

/** Which bound a further file breaks. */
function beyond(at: Chain[number], chain: Chain, tree: Tree): string | undefined {
  const circle = chain.findIndex(({ key }) => key === at.key);
  if (circle !== -1) {
    const way = [...chain.slice(circle), at].map(({ name }) => name).join(' -> ');
    return `workflows call each other in a circle: ${way}`;
  }
  if (chain.length >= mostLevels) {
    return tooDeep(tree);
  }
  return addFiles([at.key], tree);
}

/** The same of a file that was read, with those below it. */
function beyondWith({ files, levels }: Linked, chain: Chain, tree: Tree): string | undefined {
  return chain.length + levels > mostLevels ? tooDeep(tree) : addFiles(files, tree);
}

function addFiles(keys: readonly string[], { top, files }: Tree): string | undefined {
  for (const key of keys) {
    files.add(key);
  }
  return files.size > mostFiles
    ? `${top} calls more than ${mostFiles} workflows, directly and through others`
    : undefined;
}

function tooDeep({ top }: Tree): string {
  return `workflows call each other more than ${mostLevels} levels deep, ${top} counted as the first`;
}
