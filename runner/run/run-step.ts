import type { PlannedStep } from '../model/plan.ts';
import { stepHoldsOver, survivesStop } from './condition.ts';
import { type End, endOfError, problemsOf } from './ending.ts';
import type { CommandPlace, StepAttempt } from './guest-command.ts';
import type { HeldMachine } from './held-machine.ts';
import type { Slot } from './queue.ts';
import { withRetry } from './retry.ts';
import { type Ran, runWork } from './run-work.ts';
import type { JobScene } from './scene.ts';
import type { SharedMachine } from './shared-machine.ts';
import { noWords } from './step-files.ts';
import { takeMachine } from './step-machine.ts';
import { stepName } from './step-name.ts';
import { StepOutput } from './step-output.ts';
import { follow, Stop } from './stop.ts';
import { fillDisk } from './workspace.ts';

/** How a step ended, and the machine it ended on, which is still up: whoever gets it gives it back. */
export interface StepRun extends Ran {
  readonly held?: HeldMachine;
  readonly last?: CommandPlace;
  readonly startedAt: number;
}

/** A machine that is there for a step: that of an earlier one it goes on with, or one that steps beside it share. */
export interface GivenMachine {
  readonly inherited?: HeldMachine | undefined;
  readonly shared?: SharedMachine | undefined;
}

/**
 * Runs a step whose condition holds, with its retries. Rejects only when the run's events cannot be written any more.
 */
export async function runStep(scene: JobScene, step: PlannedStep, given: GivenMachine = {}): Promise<StepRun> {
  const { job, report, stop, run } = scene;
  const output = new StepOutput(report, { job: job.id, step: step.id }, run.services.logLimit);
  let startedAt = run.services.now().getTime();
  const ran = await withRetry(
    step.retry,
    stop.asked.signal,
    (attempt) =>
      oneAttempt(scene, step, attempt, output, given, () => {
        startedAt = attempt === 1 ? run.services.now().getTime() : startedAt;
      }),
    async (failed) => {
      if (failed.held !== undefined && failed.held !== given.inherited && given.shared === undefined) {
        await failed.held.give();
      }
      const text = `attempt failed (${failed.detail ?? failed.reason ?? 'no reason'}): trying again`;
      await report.notice({ job: job.id, step: step.id }, text);
    },
  );
  return { ...ran, startedAt };
}

type AttemptRun = Omit<StepRun, 'startedAt'>;

async function oneAttempt(
  scene: JobScene,
  step: PlannedStep,
  attempt: number,
  output: StepOutput,
  { inherited, shared }: GivenMachine,
  onStart: () => void,
): Promise<AttemptRun> {
  const { stop, unlink } = attemptStop(scene, step);
  const index = scene.job.steps.indexOf(step);
  let place: Slot | undefined;
  const last: StepAttempt['last'] = {};
  let held = inherited;
  let at: StepAttempt | undefined;
  try {
    place = step.background === true ? await scene.background.place(stop.signal) : undefined;
    const origin = { parent: scene.disks.before(step.id), index, attempt };
    held ??= await (shared?.take(step, stop.signal) ?? takeMachine(scene, step, origin, stop.signal));
    scene.disks.leave(step.id, held.leaves);
    onStart();
    const machine = held;
    const ready = machine === inherited || shared !== undefined;
    const fill = async () => (ready ? undefined : await fillDisk(scene, step, machine, stop.signal));
    if (!(await beginStep(scene, step, { attempt, held, fill, stop }))) {
      return { outcome: 'skipped', reason: 'condition', words: noWords, artifacts: [], held };
    }
    at = { step, folder: `${index}-${attempt}`, held, moves: 0, origin: { index, attempt }, output, stop, last };
    const ran = await runWork(scene, at);
    return { ...ran, held: at.held, ...lastOf(last) };
  } catch (error) {
    const end = await endOfAttempt(scene, step, error, stop);
    const up = at?.held ?? held;
    return { ...end, words: noWords, artifacts: [], ...(up === undefined ? {} : { held: up }), ...lastOf(last) };
  } finally {
    unlink();
    place?.release();
  }
}

interface Beginning {
  readonly attempt: number;
  readonly held: HeldMachine;
  /** Makes the machine's disk what the step is to find. */
  readonly fill: () => Promise<void>;
  readonly stop: Stop;
}

/**
 * Tells the step's start and makes its disk ready; `false` for a step whose condition asks for files, which are at hand
 * only then, and does not hold. Throws an `ExpressionError` of that.
 */
async function beginStep(scene: JobScene, step: PlannedStep, beginning: Beginning): Promise<boolean> {
  const { attempt, held, fill, stop } = beginning;
  if (step.condition === undefined || !/\bhashFiles\b/i.test(step.condition.text)) {
    await tellStart(scene, step, attempt, held);
    await fill();
    return true;
  }
  await fill();
  const request = { vm: held.vm, folder: held.use.inside.workspace, signal: stop.signal };
  const holds = await stepHoldsOver(scene, step, request);
  if (holds) {
    await tellStart(scene, step, attempt, held);
  }
  return holds;
}

function lastOf({ command }: StepAttempt['last']): { readonly last?: CommandPlace } {
  return command === undefined ? {} : { last: command };
}

async function endOfAttempt(scene: JobScene, step: PlannedStep, error: unknown, stop: Stop): Promise<End> {
  if (stop.why === undefined) {
    await scene.report.problems({ job: scene.job.id, step: step.id }, problemsOf(error));
  }
  return endOfError(error, stop.why);
}

/**
 * Stops the attempt when its job has to: at once, or only when its condition does not hold any more. One in the
 * background goes with its job whatever its condition, or when a step cancels it.
 */
function attemptStop(scene: JobScene, step: PlannedStep): { stop: Stop; unlink: () => void } {
  const stop = new Stop();
  const { asked, now } = scene.stop;
  const undo =
    step.background === true
      ? [now, asked, scene.background.stopOf(step.id)].map((other) => follow(stop, other))
      : [follow(stop, now), follow(stop, asked, () => survivesStop(scene, step))];
  return { stop, unlink: () => undo.forEach((each) => void each()) };
}

async function tellStart(scene: JobScene, step: PlannedStep, attempt: number, { vm }: HeldMachine): Promise<void> {
  const { id, isolation, accel } = vm;
  await scene.report.write({
    type: 'step-start',
    job: scene.job.id,
    step: step.id,
    name: stepName(scene, step),
    attempt,
    machine: { id, isolation, ...(accel === undefined ? {} : { accel }) },
  });
}
