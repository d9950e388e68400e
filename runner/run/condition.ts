import { contextsOf } from '../expression/check.ts';
import { ExpressionError } from '../expression/error.ts';
import { evaluateCondition, evaluateTemplate } from '../expression/evaluate.ts';
import { NeedsFiles, type Scope } from '../expression/scope.ts';
import type { PlannedStep } from '../model/plan.ts';
import type { Maybe, Template } from '../model/workflow.ts';
import { minutesLimit, minutesReading } from '../plan/timeout.ts';
import { envContext, stepContexts, stepStatus } from './contexts.ts';
import type { HashRequest } from './hash-files.ts';
import type { JobScene } from './scene.ts';
import { withFiles } from './with-files.ts';

/**
 * Whether a step is to run as things stand. Throws an `ExpressionError`, and `NeedsFiles` where its condition asks for
 * the files of a workspace.
 */
export function stepHolds(scene: JobScene, step: PlannedStep): boolean {
  const hashFiles = (patterns: readonly string[]) => {
    throw new NeedsFiles(patterns);
  };
  return evaluateCondition(step.condition, { ...stepScope(scene, step, step.condition), hashFiles });
}

/** The same with the files at hand. */
export async function stepHoldsOver(scene: JobScene, step: PlannedStep, request: HashRequest): Promise<boolean> {
  const scope = stepScope(scene, step, step.condition);
  return await withFiles(scope, request, (full) => evaluateCondition(step.condition, full));
}

/** Whether a running step goes on although its job was told to stop; a condition that fails does not. */
export function survivesStop(scene: JobScene, step: PlannedStep): boolean {
  try {
    return stepHolds(scene, step);
  } catch (error) {
    if (error instanceof ExpressionError || error instanceof NeedsFiles) {
      // What asked for files and runs was found to hold.
      return error instanceof NeedsFiles;
    }
    throw error;
  }
}

/** `continue-on-error` of a step; one that cannot be evaluated allows nothing. */
export function stepMayFail(scene: JobScene, step: PlannedStep): boolean {
  return allows(step.continueOnError, (template) => stepScope(scene, step, template));
}

/** Milliseconds a step may take. Throws an `ExpressionError`. */
export function stepLimit(scene: JobScene, { timeout, ...step }: PlannedStep): number | undefined {
  if (typeof timeout !== 'object') {
    return timeout;
  }
  const { minutes } = timeout;
  const value = minutesReading.read(evaluateTemplate(minutes, stepScope(scene, step, minutes)));
  if (value === undefined) {
    throw new ExpressionError(`timeout-minutes must be ${minutesReading.allowed}`, minutes.place);
  }
  return minutesLimit(value);
}

/** A value of `continue-on-error`. */
export function allows(value: Maybe<boolean>, scope: (template: Template) => Scope): boolean {
  if (typeof value === 'boolean') {
    return value;
  }
  try {
    const result = evaluateTemplate(value, scope(value));
    return result === true || result === 'true';
  } catch (error) {
    if (error instanceof ExpressionError) {
      return false;
    }
    throw error;
  }
}

/** What a text of a step reads. `env` is worked out only where it is asked for: it may fail where nobody needs it. */
export function stepScope(scene: JobScene, step: PlannedStep, asked: Template | undefined): Scope {
  const scope: Scope = { contexts: stepContexts(scene, step), status: stepStatus(scene, step) };
  if (asked === undefined || !readsEnv(asked)) {
    return scope;
  }
  const env = envContext(scene, scene.graph.needed(step.id), step.env, scope);
  return { ...scope, contexts: { ...scope.contexts, env } };
}

function readsEnv(template: Template): boolean {
  return contextsOf(template).has('env') || /\benv\b/i.test(template.text);
}
