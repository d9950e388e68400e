import { referencesOf } from '../expression/check.ts';
import { templatesOf } from '../expression/tree.ts';
import type { Job, MachineWishes, Maybe, Step, Template } from '../model/workflow.ts';
import { isTemplate } from './resolve.ts';
import { isMinutes } from './timeout.ts';

/**
 * Whether a job's matrix, machines or secrets hang on outputs of other jobs, so that it is expanded while the run goes
 * on. `late` names, in lower case, inputs that do so themselves. What a call hands over may hang on them: the jobs behind
 * it are known all the same.
 */
export function hangsOnOutputs(job: Job, late: ReadonlySet<string>): boolean {
  return [...strategyTexts(job), ...wishTexts(job), ...job.steps.flatMap(stepTexts)].some((template) =>
    readsLate(template, late),
  );
}

/** Whether a template reads outputs of other jobs, or an input that hangs on some. */
export function readsLate(template: Template, late: ReadonlySet<string>): boolean {
  return referencesOf(template).some(({ context, path: [name] }) => {
    if (context === 'needs') {
      return true;
    }
    return context === 'inputs' && late.size > 0 && (name === undefined || late.has(name.toLowerCase()));
  });
}

function strategyTexts({ strategy, machine, secrets, runsOn, container, services, cancelTimeout }: Job): Template[] {
  const labels = [runsOn, container, services].flatMap((tree) => (tree === undefined ? [] : templatesOf(tree)));
  const own = [
    ...[machine, ...(secrets ?? [])].flatMap((each) => template(each)),
    ...labels,
    ...limitTexts(cancelTimeout),
  ];
  if (strategy === undefined || isTemplate(strategy)) {
    return [...own, ...template(strategy)];
  }
  const { matrix, failFast, maxParallel } = strategy;
  return [...own, ...[failFast, maxParallel].flatMap(template), ...(matrix === undefined ? [] : templatesOf(matrix))];
}

/** The texts of a step that its plan is made of. */
export function stepTexts(step: Step): Template[] {
  return [...wishTexts(step), ...step.secrets, ...template(step.retry.attempts), ...template(step.retry.delay)];
}

function wishTexts({ image, isolation, network, resources, timeout }: MachineWishes): Template[] {
  const wishes = [image, isolation, network, resources?.cpu, resources?.memory, resources?.disk];
  return [...wishes.flatMap((wish) => template(wish)), ...limitTexts(timeout)];
}

function limitTexts(limit: MachineWishes['timeout']): Template[] {
  return template(isMinutes(limit) ? limit.minutes : limit);
}

function template<T>(value: Maybe<T> | undefined): Template[] {
  return value !== undefined && isTemplate(value) ? [value] : [];
}
