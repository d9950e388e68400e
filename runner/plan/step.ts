import type { PlanBounds, PlannedStep } from '../model/plan.ts';
import type { Isolation, Job, Network, Resources, Step } from '../model/workflow.ts';
import { actionProblems } from './actions.ts';
import { chooseIsolation } from './isolation.ts';
import { countReading, durationReading, imageReading, isolationReading, networkReading } from './readings.ts';
import { resolve, resolveText, type Setting } from './resolve.ts';
import { resolveResources, resourceProblems, stepResources } from './resources.ts';
import { resolveSecrets } from './secrets.ts';
import { commitAtHand, ofRepository } from './self-reference.ts';
import { isMinutes } from './timeout.ts';

/** What steps take from their job where they name nothing themselves. */
export interface JobWishes {
  readonly image?: string;
  readonly isolation?: Isolation;
  readonly network?: Network;
  readonly resources: Resources;
  /** Names a step may ask for; `undefined` bounds nothing. */
  readonly secrets?: readonly string[];
}

export function planStep(step: Step, job: Job, wishes: JobWishes, bounds: PlanBounds, setting: Setting): PlannedStep {
  const placeOf = (key: string) => step.places?.get(key) ?? job.places?.get(key) ?? step.place;
  const named = resolve(step.isolation, isolationReading, setting) ?? wishes.isolation;
  const { isolation, problem } = chooseIsolation(named, bounds.isolation, placeOf('isolation'));
  const resources = stepResources(resolveResources(step, setting), wishes.resources);
  setting.problems.push(...(problem === undefined ? [] : [problem]));
  setting.problems.push(...resourceProblems(resources, isolation, bounds.host, placeOf));
  const timeout = isMinutes(step.timeout) ? step.timeout : resolve(step.timeout, durationReading, setting);
  setting.problems.push(...actionProblems(step.work, bounds));
  const image = resolveImage(step, setting) ?? wishes.image ?? bounds.image;
  const message = bounds.whyNoImage?.(image);
  if (message !== undefined) {
    setting.problems.push({ message, place: (step.image ?? job.image ?? job).place });
  }
  return {
    id: step.id,
    named: step.named,
    ...(step.forgeId === undefined ? {} : { forgeId: step.forgeId }),
    ...(step.name === undefined ? {} : { name: step.name }),
    work: ofRepository(step.work, commitAtHand(setting.scope.contexts.github)),
    env: step.env,
    secrets: resolveSecrets(step.secrets, wishes.secrets, bounds.secrets, setting),
    allSecrets: step.allSecrets ?? false,
    ...(step.workingDirectory === undefined ? {} : { workingDirectory: step.workingDirectory }),
    needs: step.needs,
    ...(step.condition === undefined ? {} : { condition: step.condition }),
    ...(step.background === undefined ? {} : { background: step.background }),
    image,
    isolation,
    network: resolve(step.network, networkReading, setting) ?? wishes.network ?? { kind: 'none' },
    resources,
    ...(timeout === undefined ? {} : { timeout }),
    retry: {
      attempts: resolve(step.retry.attempts, countReading, setting) ?? 1,
      delay: resolve(step.retry.delay, durationReading, setting) ?? 0,
    },
    continueOnError: step.continueOnError,
    artifacts: step.artifacts,
    ...(step.outputs === undefined ? {} : { outputs: step.outputs }),
  };
}

/** The image a job or step names, evaluated. */
export function resolveImage({ image }: Pick<Job | Step, 'image'>, setting: Setting): string | undefined {
  const text = image === undefined ? undefined : resolveText(image, setting);
  if (image === undefined || text === undefined || imageReading.read(text) !== undefined) {
    return text;
  }
  setting.problems.push({ message: `unknown image '${text}'; allowed: ${imageReading.allowed}`, place: image.place });
  return undefined;
}
