import { WrongInput } from '../host/fault.ts';
import { type OpenOptions, openImage } from '../image/open.ts';
import type { ImageFile } from '../model/image.ts';
import type { Accel, ChooseMachine, MachineChoice } from '../model/machine.ts';
import type { Plan, PlannedJob, PlannedStep } from '../model/plan.ts';
import type { Problem } from '../model/problem.ts';
import type { StepWork } from '../model/workflow.ts';
import { memoryProblem } from '../run/weight.ts';
import { ensureSetup } from './ensure-setup.ts';
import { demandOf } from './plan-demand.ts';

export interface ReadyOptions {
  /** Other names for images. */
  readonly images: Readonly<Record<string, string>>;
  /** What LightV does itself of what actions do. */
  readonly doneHere: (work: StepWork) => boolean;
  readonly choose: ChooseMachine;
  readonly accel?: Accel;
  /** How images are opened, but for the repository, which is each plan's own. */
  readonly opening: Omit<OpenOptions, 'repository'> & Required<Pick<OpenOptions, 'onProgress' | 'signal'>>;
}

/**
 * Installs and makes what is missing of what these plans need, and refuses what they cannot have here, all before the
 * first run. What hangs on conditions or on outputs is found out when it is due. Rejects with a `HostFault`, a
 * `WrongInput` or the reason of the signal.
 */
export async function makeReady(plans: readonly Plan[], options: ReadyOptions): Promise<void> {
  const { images, doneHere, opening } = options;
  for (const { repository, plans: ofOne } of byRepository(plans)) {
    const wanted = demandOf(ofOne, doneHere);
    const demand = { ...wanted, images: new Set([...wanted.images].map((image) => images[image] ?? image)) };
    await ensureSetup({ kind: 'run', demand }, { ...opening, ...repository });
  }
  const problems = await memoryProblems(plans, options, await chosen(plans, options));
  opening.signal.throwIfAborted();
  if (problems.length > 0) {
    throw new WrongInput(problems);
  }
}

/** Memory that steps name and their images cannot boot with. */
async function memoryProblems(
  plans: readonly Plan[],
  { images, opening }: ReadyOptions,
  choices: ReadonlyMap<string, MachineChoice>,
): Promise<readonly Problem[]> {
  const opened = new Map<string, ImageFile>();
  const problems: Problem[] = [];
  for (const { plan, step } of plans.flatMap(certainSteps)) {
    const choice = choices.get(kindOf(step));
    if (step.resources.memory === undefined || choice?.isolation !== 'microvm') {
      continue;
    }
    const key = JSON.stringify([step.image, plan.repository]);
    const reference = images[step.image] ?? step.image;
    const image = opened.get(key) ?? (await openImage(reference, { ...opening, ...ofRepository(plan) }));
    opened.set(key, image);
    const problem = memoryProblem(step, image, choice);
    problems.push(...(problem === undefined ? [] : [problem]));
  }
  return problems;
}

/** What relative references to images start from. */
type Repository = { readonly repository?: string };

function ofRepository({ repository }: Plan): Repository {
  return repository === undefined ? {} : { repository };
}

function byRepository(plans: readonly Plan[]): readonly { repository: Repository; plans: readonly Plan[] }[] {
  const all = new Set(plans.map(({ repository }) => repository));
  return [...all].map((repository) => ({
    repository: repository === undefined ? {} : { repository },
    plans: plans.filter((plan) => plan.repository === repository),
  }));
}

function certainSteps(plan: Plan): readonly { readonly plan: Plan; readonly step: PlannedStep }[] {
  const steps = certainJobs(plan).flatMap((job) => job.steps.filter(({ condition }) => condition === undefined));
  return steps.map((step) => ({ plan, step }));
}

function certainJobs({ jobs }: Pick<Plan, 'jobs'>): readonly PlannedJob[] {
  return jobs.flatMap((job) => {
    if (job.kind === 'deferred' || job.condition !== undefined) {
      return [];
    }
    return job.kind === 'call' ? certainJobs(job.plan) : [job];
  });
}

/** Milliseconds after which it is said what takes so long: a first look at KVM boots a kernel. */
const patience = 2000;

/** The choice for every kind of machine that is sure to be asked for. */
async function chosen(
  plans: readonly Plan[],
  { choose, accel, opening: { onProgress } }: ReadyOptions,
): Promise<ReadonlyMap<string, MachineChoice>> {
  const kinds = new Map(plans.flatMap(certainSteps).map(({ step }) => [kindOf(step), step]));
  const timer = setTimeout(() => onProgress('finding out what this host can run: up to 10 s, once'), patience);
  try {
    const all = [...kinds].map(async ([kind, { isolation, network }]) => {
      const choice = await choose({ isolation, network, ...(accel === undefined ? {} : { accel }) });
      return [kind, choice] as const;
    });
    return new Map(await Promise.all(all));
  } finally {
    clearTimeout(timer);
  }
}

function kindOf({ isolation, network }: PlannedStep): string {
  return `${isolation} ${network.kind}`;
}
