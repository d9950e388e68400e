import type { Conclusion } from '../model/event.ts';
import type { PlannedStep } from '../model/plan.ts';
import type { ControlWork } from '../model/workflow.ts';
import { type End, succeeded } from './ending.ts';
import type { StepRun } from './run-step.ts';
import type { JobScene } from './scene.ts';
import { noWords } from './step-files.ts';
import { stepName } from './step-name.ts';

/**
 * Waits for steps in the background and ends as the worst of them did; or ends them first, which always succeeds.
 * `begun` resolves when there is a machine: a job does not begin by waiting. Rejects only when the run's events
 * cannot be written any more.
 */
export async function runControl(
  scene: JobScene,
  step: PlannedStep,
  { kind, steps }: ControlWork,
  begun: Promise<void> | undefined,
): Promise<StepRun> {
  const { job, report, background, begin, run } = scene;
  const startedAt = run.services.now().getTime();
  if (kind === 'cancel') {
    for (const id of steps) {
      background.stopOf(id).now({ reason: 'cancelled', detail: `step "${step.id}" cancelled it` });
    }
  }
  const ended = Promise.all(steps.map((id) => background.end(id)));
  await Promise.race([begun ?? ended, ended]);
  await begin();
  await report.write({ type: 'step-start', job: job.id, step: step.id, name: stepName(scene, step), attempt: 1 });
  await ended;
  const end = kind === 'cancel' ? succeeded : worstOf(scene, steps);
  return { ...end, words: noWords, artifacts: [], startedAt };
}

function worstOf({ ended }: JobScene, steps: readonly string[]): End {
  const results = steps.flatMap((id) => ended.get(id)?.result ?? []);
  const first = (conclusion: Conclusion) => results.find((result) => result.conclusion === conclusion);
  const worst = first('failure') ?? first('cancelled');
  if (worst === undefined) {
    return succeeded;
  }
  const { id, conclusion, reason, detail } = worst;
  return {
    outcome: conclusion,
    ...(reason === undefined ? {} : { reason }),
    detail: detail === undefined ? `step ${id} ended in ${conclusion}` : `step ${id}: ${detail}`,
  };
}
