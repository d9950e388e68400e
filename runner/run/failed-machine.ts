import { causeText } from '../host/fault.ts';
import type { StepResult } from '../model/event.ts';
import type { Command, Exit, OutputSink } from '../model/machine.ts';
import type { PlannedStep } from '../model/plan.ts';
import type { StepRun } from './run-step.ts';
import type { JobScene } from './scene.ts';

/** The machine of a step that failed, as it left it, for a person to look around in. */
export interface FailedMachine {
  readonly job: string;
  readonly step: string;
  /** Shells its image has, absolute paths, best first. */
  readonly shells: readonly string[];
  /** Aborts when the run is to end. */
  readonly signal: AbortSignal;
  /** Runs a command in the working directory and with the environment, `env` over it, of the step's last command. */
  exec(command: Pick<Command, 'argv' | 'env' | 'stdin' | 'terminal'>, output: OutputSink): Promise<Exit>;
}

/** Milliseconds a shell has to end when the run does. */
const grace = 1000;

/** Shows the machine of a step that failed to whoever wants to see it; the job's time stands still meanwhile. */
export async function showFailed(scene: JobScene, step: PlannedStep, ran: StepRun, result: StepResult): Promise<void> {
  const { run, job, report, clock } = scene;
  const { held, last } = ran;
  const gone = held === undefined || ran.reason === 'guest-lost' || ran.reason === 'host-fault';
  if (run.services.onFailure === undefined || result.conclusion !== 'failure' || gone) {
    return;
  }
  const { signal } = run.stop.asked;
  if (signal.aborted) {
    return;
  }
  const { shells, env } = held.image.config;
  const { home, workspace } = held.use.inside;
  const around = last ?? { env: { HOME: home, ...env }, cwd: workspace };
  const who = held.user === undefined ? {} : { user: held.user };
  const resume = clock.hold();
  try {
    await run.services.onFailure({
      ...{ job: job.id, step: step.id, shells, signal },
      exec: (command, output) =>
        held.vm.exec({ ...who, ...around, ...command, env: { ...around.env, ...command.env }, grace }, output, signal),
    });
  } catch (error) {
    const text = `its machine could not be shown: ${causeText(error)}`;
    await report.notice({ job: job.id, step: step.id }, text, 'warning');
  } finally {
    resume();
  }
}
