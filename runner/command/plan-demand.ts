import type { DeferredJob, Plan, PlannedCall, PlannedJob } from '../model/plan.ts';
import type { Isolation, Job, Step, StepWork } from '../model/workflow.ts';
import { isBuiltIn } from '../plan/actions.ts';
import { everyJob, everyJobCalled } from '../plan/every-job.ts';
import { isTemplate } from '../plan/resolve.ts';
import { nodeTools } from '../run/action/node.ts';

/** What plans will ask of this host, as far as it is known before they run. */
export interface Demand {
  /** References as the plans write them. */
  readonly images: ReadonlySet<string>;
  /** Names of tools that machines get beside their image. */
  readonly tools: ReadonlySet<string>;
  readonly levels: ReadonlySet<Isolation>;
  /** Whether any machine has a network. */
  readonly network: boolean;
  /** Whether jobs pull images when they begin: for their containers and services, with their own credentials. */
  readonly registries: boolean;
}

interface Wish {
  readonly image?: string;
  readonly levels: readonly Isolation[];
  readonly network: boolean;
  readonly registries?: boolean;
}

/**
 * A job that is expanded during the run counts with all it might turn out to ask for, but for images nobody can know.
 * `doneHere`: what LightV does itself what an action does, which takes no tool for it.
 */
export function demandOf(plans: readonly Plan[], doneHere: (work: StepWork) => boolean = isBuiltIn): Demand {
  const wishes = plans.flatMap((plan) => everyJob(plan).flatMap(wishesOf));
  return {
    tools: new Set(
      plans.flatMap((plan) =>
        everyJob(plan).flatMap((job) => nodeTools(stepsOf(job), doneHere).map(({ name }) => name)),
      ),
    ),
    images: new Set(wishes.flatMap(({ image }) => (image === undefined ? [] : [image]))),
    levels: new Set(wishes.flatMap(({ levels }) => levels)),
    network: wishes.some(({ network }) => network),
    registries: wishes.some(({ registries }) => registries === true),
  };
}

function stepsOf(job: PlannedJob | PlannedCall | DeferredJob): Parameters<typeof nodeTools>[0] {
  return {
    steps: job.kind === 'job' ? job.steps : job.kind === 'call' ? [] : everyJobIn(job).flatMap((each) => each.steps),
  };
}

/** The job, or those behind it. */
function everyJobIn({ job }: DeferredJob): readonly Job[] {
  return [...everyJobCalled([job])];
}

function wishesOf(job: PlannedJob | PlannedCall | DeferredJob): readonly Wish[] {
  if (job.kind === 'call') {
    return [];
  }
  if (job.kind === 'deferred') {
    return everyJobIn(job).flatMap((each) => each.steps.map((step) => deferredWish(each, step, job)));
  }
  const registries = job.container !== undefined || job.services.length > 0;
  return job.steps.map(({ image, isolation, network, work }) => ({
    ...(job.container === undefined ? { image } : {}),
    levels: [isolation],
    network: network.kind !== 'none',
    registries: registries || isImageAction(work),
  }));
}

function isImageAction(work: StepWork): boolean {
  return work.kind === 'action' && work.reference.kind === 'image';
}

function deferredWish(job: Job, step: Step, { bounds }: DeferredJob): Wish {
  const image = (step.image ?? job.image)?.text ?? bounds?.image;
  const isolation = step.isolation ?? job.isolation ?? bounds?.isolation ?? 'auto';
  const raised = bounds?.isolation === undefined ? [] : [bounds.isolation];
  const network = step.network ?? job.network;
  return {
    ...(image === undefined || image.includes('${{') ? {} : { image }),
    levels: isTemplate(isolation) ? ['microvm', 'sandbox'] : [isolation, ...raised],
    network: network !== undefined && (isTemplate(network) || network.kind !== 'none'),
    registries: job.container !== undefined || job.services !== undefined || isImageAction(step.work),
  };
}
