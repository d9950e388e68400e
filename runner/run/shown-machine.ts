import { causeText } from '../host/fault.ts';
import type { StepResult } from '../model/event.ts';
import type { Command, Exit, OutputSink } from '../model/machine.ts';
import type { PlannedStep } from '../model/plan.ts';
import type { CommandPlace, StepAttempt } from './guest-command.ts';
import type { HeldMachine } from './held-machine.ts';
import type { StepRun } from './run-step.ts';
import type { JobScene } from './scene.ts';

/** The machine of a step for a person to look around in. */
export interface ShownMachine {
  readonly job: string;
  readonly step: string;
  /** Shells its image has, absolute paths, best first. */
  readonly shells: readonly string[];
  /** Aborts when the run is to end. */
  readonly signal: AbortSignal;
  /** Runs a command in the working directory and with the environment, `env` over it, of a command of the step. */
  exec(command: Pick<Command, 'argv' | 'env' | 'stdin' | 'terminal'>, output: OutputSink): Promise<Exit>;
}

/** A step that is to be looked at instead of being run. */
export interface Visit {
  readonly job: string;
  readonly step: string;
  /** Given the machine before the step's first command, and that command. What it does ends the job. */
  readonly open: (machine: ShownMachine, argv: readonly string[]) => Promise<void>;
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
  if (run.stop.asked.signal.aborted) {
    return;
  }
  const { env } = held.image.config;
  const { home, workspace } = held.use.inside;
  const around = last ?? { env: { HOME: home, ...env }, cwd: workspace };
  const who = held.user === undefined ? {} : { user: held.user };
  const resume = clock.hold();
  try {
    await run.services.onFailure(shown(scene, step, held, { ...who, ...around }));
  } catch (error) {
    const text = `its machine could not be shown: ${causeText(error)}`;
    await report.notice({ job: job.id, step: step.id }, text, 'warning');
  } finally {
    resume();
  }
}

/** Shows the machine of a step that is to be visited before a command of it; how that ends then, `undefined` for others. */
export async function visited(
  scene: JobScene,
  { step, held }: StepAttempt,
  { argv, ...around }: CommandPlace & Pick<Command, 'argv'>,
): Promise<Exit | undefined> {
  const { visit } = scene.run.services;
  if (visit === undefined || visit.job !== scene.job.id || visit.step !== step.id) {
    return undefined;
  }
  const resume = scene.clock.hold();
  try {
    await visit.open(shown(scene, step, held, around), argv);
  } finally {
    resume();
  }
  scene.stop.stopNow({ reason: 'cancelled', detail: 'the visit is over' });
  return { kind: 'exited', code: 0 };
}

function shown({ run, job }: JobScene, step: PlannedStep, held: HeldMachine, around: CommandPlace): ShownMachine {
  const { signal } = run.stop.asked;
  const { env, cwd, user } = around;
  const place = { cwd, grace, ...(user === undefined ? {} : { user }) };
  return {
    ...{ job: job.id, step: step.id, shells: held.image.config.shells, signal },
    exec: (command, output) => held.vm.exec({ ...place, ...command, env: { ...env, ...command.env } }, output, signal),
  };
}
