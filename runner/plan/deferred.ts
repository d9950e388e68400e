import { contextsOf } from '../expression/check.ts';
import { templatesOf } from '../expression/tree.ts';
import type { Job, MachineWishes, Maybe, Step, Template } from '../model/workflow.ts';
import { isTemplate } from './resolve.ts';
import { isMinutes } from './timeout.ts';

/** Whether a job's matrix, machines or secrets hang on outputs of its needs, so that it is expanded while the run goes on. */
export function hangsOnNeeds(job: Job): boolean {
  return [...strategyTexts(job), ...wishTexts(job), ...job.steps.flatMap(stepTexts)].some((template) =>
    contextsOf(template).has('needs'),
  );
}

function strategyTexts({ strategy, machine, secrets, runsOn }: Job): Template[] {
  const labels = runsOn === undefined ? [] : templatesOf(runsOn);
  const own = [...[machine, ...(secrets ?? [])].flatMap((each) => template(each)), ...labels];
  if (strategy === undefined || isTemplate(strategy)) {
    return [...own, ...template(strategy)];
  }
  const { matrix, failFast, maxParallel } = strategy;
  return [...own, ...[failFast, maxParallel].flatMap(template), ...(matrix === undefined ? [] : templatesOf(matrix))];
}

function stepTexts(step: Step): Template[] {
  return [...wishTexts(step), ...step.secrets, ...template(step.retry.attempts), ...template(step.retry.delay)];
}

function wishTexts({ image, isolation, network, resources, timeout }: MachineWishes): Template[] {
  const limit = isMinutes(timeout) ? timeout.minutes : timeout;
  const wishes = [image, isolation, network, limit, resources?.cpu, resources?.memory, resources?.disk];
  return wishes.flatMap((wish) => template(wish));
}

function template<T>(value: Maybe<T> | undefined): Template[] {
  return value !== undefined && isTemplate(value) ? [value] : [];
}
