import type { DeferredJob, Plan, PlannedJob } from '../model/plan.ts';
import type { Isolation, MachineWishes, StepWork } from '../model/workflow.ts';
import { isBuiltIn } from '../plan/actions.ts';
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
}

type Wish = { readonly image?: string; readonly levels: readonly Isolation[]; readonly network: boolean };

/**
 * A job that is expanded during the run counts with all it might turn out to ask for, but for images nobody can know.
 * `doneHere`: what LightV does itself what an action does, which takes no tool for it.
 */
export function demandOf(plans: readonly Plan[], doneHere: (work: StepWork) => boolean = isBuiltIn): Demand {
  const wishes = plans.flatMap((plan) => plan.jobs.flatMap(wishesOf));
  return {
    tools: new Set(
      plans.flatMap((plan) => plan.jobs.flatMap((job) => nodeTools(stepsOf(job), doneHere).map(({ name }) => name))),
    ),
    images: new Set(wishes.flatMap(({ image }) => (image === undefined ? [] : [image]))),
    levels: new Set(wishes.flatMap(({ levels }) => levels)),
    network: wishes.some(({ network }) => network),
  };
}

function stepsOf(job: PlannedJob | DeferredJob): Parameters<typeof nodeTools>[0] {
  return job.kind === 'deferred' ? job.job : job;
}

function wishesOf(job: PlannedJob | DeferredJob): readonly Wish[] {
  if (job.kind === 'deferred') {
    return job.job.steps.map((step) => deferredWish(job, step));
  }
  return job.steps.map(({ image, isolation, network }) => ({
    image,
    levels: [isolation],
    network: network.kind !== 'none',
  }));
}

function deferredWish({ job, bounds }: DeferredJob, step: MachineWishes): Wish {
  const image = (step.image ?? job.image)?.text ?? bounds?.image;
  const isolation = step.isolation ?? job.isolation ?? bounds?.isolation ?? 'auto';
  const raised = bounds?.isolation === undefined ? [] : [bounds.isolation];
  const network = step.network ?? job.network;
  return {
    ...(image === undefined || image.includes('${{') ? {} : { image }),
    levels: isTemplate(isolation) ? ['microvm', 'sandbox'] : [isolation, ...raised],
    network: network !== undefined && (isTemplate(network) || network.kind !== 'none'),
  };
}
