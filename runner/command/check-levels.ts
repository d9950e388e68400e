import type { Accel, ChooseMachine } from '../model/machine.ts';
import type { Plan, PlannedStep } from '../model/plan.ts';

/** Milliseconds after which it is said what takes so long: a first look at KVM boots a kernel. */
const patience = 1000;

export interface LevelCheck {
  readonly choose: ChooseMachine;
  readonly accel?: Accel;
  readonly onProgress: (line: string) => void;
}

/**
 * Chooses a machine for each kind that steps ask for which run whatever happens, so that a level this host cannot give
 * is refused before the first of them starts. What hangs on conditions or on outputs is found out when it is due.
 * Rejects with a `HostFault`.
 */
export async function checkLevels(plans: readonly Plan[], { choose, accel, onProgress }: LevelCheck): Promise<void> {
  const steps = plans.flatMap((plan) => plan.jobs.flatMap(certainSteps));
  const kinds = new Map(
    steps.map(({ isolation, network }) => [`${isolation} ${network.kind}`, { isolation, network }]),
  );
  const timer = setTimeout(() => onProgress('finding out what this host can run: up to 10 s, once'), patience);
  try {
    await Promise.all(
      [...kinds.values()].map((kind) => choose({ ...kind, ...(accel === undefined ? {} : { accel }) })),
    );
  } finally {
    clearTimeout(timer);
  }
}

function certainSteps(job: Plan['jobs'][number]): readonly PlannedStep[] {
  return job.kind === 'deferred' || job.condition !== undefined
    ? []
    : job.steps.filter(({ condition }) => condition === undefined);
}
