import { contextsOf } from '../expression/check.ts';
import type { Job, Json, MachineWishes, Maybe, Step, Template } from '../model/workflow.ts';
import { isTemplate } from './resolve.ts';

/** Whether a job's matrix, machines or secrets hang on outputs of its needs, so that it is expanded while the run goes on. */
export function hangsOnNeeds(job: Job): boolean {
  return [...strategyTexts(job), ...wishTexts(job), ...job.steps.flatMap(stepTexts)].some((template) =>
    contextsOf(template).has('needs'),
  );
}

function strategyTexts({ strategy, machine, secrets, runsOn = [] }: Job): Template[] {
  const labels = isTemplate(runsOn as Template) ? [runsOn as Template] : (runsOn as readonly Template[]);
  const own = [machine, ...(secrets ?? []), ...labels, strategy?.failFast, strategy?.maxParallel].flatMap(template);
  const matrix = strategy?.matrix;
  if (matrix === undefined || isTemplate(matrix)) {
    return [...own, ...template(matrix)];
  }
  const nested = [...matrix.axes.values(), matrix.include, matrix.exclude].flatMap((value) =>
    isTemplate(value) ? [value] : textsIn(value as Json).map((text) => ({ text, place: matrix.place })),
  );
  return [...own, ...nested];
}

function stepTexts(step: Step): Template[] {
  return [...wishTexts(step), ...step.secrets, ...template(step.retry.attempts), ...template(step.retry.delay)];
}

function wishTexts({ image, isolation, network, resources, timeout }: MachineWishes): Template[] {
  const wishes = [image, isolation, network, timeout, resources?.cpu, resources?.memory, resources?.disk];
  return wishes.flatMap((wish) => template(wish));
}

function template<T>(value: Maybe<T> | undefined): Template[] {
  return value !== undefined && isTemplate(value) ? [value] : [];
}

function textsIn(value: Json): string[] {
  if (typeof value === 'string') {
    return [value];
  }
  return value === null || typeof value !== 'object' ? [] : Object.values(value).flatMap(textsIn);
}
