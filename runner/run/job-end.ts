import { ExpressionError } from '../expression/error.ts';
import { fillNamed } from '../expression/named.ts';
import type { JobResult } from '../model/event.ts';
import { allows } from './condition.ts';
import { closingContexts, envContext } from './contexts.ts';
import { concluded } from './continue-on-error.ts';
import { type End, endOfStop, succeeded } from './ending.ts';
import { environmentUrl } from './job-environment.ts';
import { maskValues } from './reporter.ts';
import type { JobScene, StepRecord } from './scene.ts';

/**
 * How a job ended, from its steps: a fault of the host first, then the stop it was asked for where a step ended by it,
 * then its first failed step.
 */
export function endOfJob({ ended, stop, job }: JobScene): End {
  const records = job.steps.flatMap((step) => ended.get(step.id) ?? []);
  const first = (test: (record: StepRecord) => boolean) => records.find(test);
  const fault = first(({ result }) => result.reason === 'host-fault');
  if (fault !== undefined) {
    return endByStep(fault);
  }
  const { why } = stop.asked;
  if (why !== undefined && first(({ result }) => result.reason === why.reason) !== undefined) {
    return endOfStop(why);
  }
  const failed = first(({ result }) => result.conclusion === 'failure');
  return failed === undefined ? succeeded : endByStep(failed);
}

function endByStep({ result }: StepRecord): End {
  const { id, exitCode, signal, reason, detail } = result;
  return {
    outcome: 'failure',
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(signal === undefined ? {} : { signal }),
    ...(reason === undefined ? {} : { reason }),
    detail: detail === undefined ? `step ${id} failed` : `step ${id}: ${detail}`,
  };
}

/**
 * The outputs a job gives to others. One that holds a secret is dropped with a warning: the jobs that read it did not
 * ask for that secret. Throws an `ExpressionError`.
 */
export async function jobOutputs(scene: JobScene): Promise<Record<string, string>> {
  const { run, job, report, ended } = scene;
  const outputs: Record<string, string> = {};
  if (job.outputs.size === 0) {
    return outputs;
  }
  const contexts = closingContexts(scene);
  const env = envContext(scene, new Set(ended.keys()), new Map(), { contexts });
  for (const [name, value] of fillNamed(job.outputs, { contexts: { ...contexts, env } })) {
    if (value === '' && run.plan.dialect === 'github') {
      continue;
    }
    if (report.masks.hides(value)) {
      await report.notice({ job: job.id }, `the output "${name}" of the job holds a secret: dropped`, 'warning');
    } else {
      outputs[name] = value;
    }
  }
  return outputs;
}

/** A job's result, told; with everything in it masked. */
export async function tellJobEnd(
  scene: JobScene,
  end: End,
  outputs: Record<string, string>,
  durationMs: number,
): Promise<JobResult> {
  const { job, report } = scene;
  const ending = concluded(end, () => allows(job.continueOnError, () => ({ contexts: closingContexts(scene) })));
  const url = shownUrl(scene);
  const shown = url === undefined ? {} : { environmentUrl: url };
  await report.write({ type: 'job-end', job: job.id, ...ending, ...shown, outputs, durationMs });
  const steps = job.steps.flatMap((step) => scene.ended.get(step.id)?.result ?? []);
  return {
    ...ending,
    ...(ending.detail === undefined ? {} : { detail: report.masks.mask(ending.detail) }),
    id: job.id,
    jobId: job.jobId,
    outputs,
    durationMs,
    steps: steps.map((step) => ({
      ...step,
      ...(step.detail === undefined ? {} : { detail: report.masks.mask(step.detail) }),
      ...(step.summary === undefined ? {} : { summary: report.masks.mask(step.summary) }),
      outputs: maskValues(step.outputs, report.masks),
    })),
    ...(job.matrix === undefined ? {} : { matrix: job.matrix }),
  };
}

/** An address that cannot be worked out is not shown: it is no reason to fail. */
function shownUrl(scene: JobScene): string | undefined {
  try {
    return environmentUrl(scene);
  } catch (error) {
    if (error instanceof ExpressionError) {
      return undefined;
    }
    throw error;
  }
}
