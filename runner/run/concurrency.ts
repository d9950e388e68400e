import { ExpressionError } from '../expression/error.ts';
import { HostFault } from '../host/fault.ts';
import type { Json, Tree } from '../model/workflow.ts';
import { type Concurrency, concurrencyOf } from '../plan/concurrency.ts';
import type { JobStop } from './cancel.ts';
import { type End, endOfError } from './ending.ts';
import type { RunScene } from './scene.ts';

/** What waits for its turn: a run, a job, or what a job calls. */
export interface Turn {
  readonly concurrency?: Tree | undefined;
  readonly contexts: { readonly [name: string]: Json };
  /** Absent for the run itself. */
  readonly job?: string;
  /** Told to stop when another one ends it. */
  readonly stop: JobStop;
}

/** A turn that came, with the groups that are held in it; or how it ends that it never does. */
export type Taken =
  | { readonly kind: 'turn'; readonly groups: RunScene['groups']; readonly leave: () => Promise<void> }
  | { readonly kind: 'none'; readonly end: End };

/**
 * Waits until nobody else of the same group runs, at once without a group. Who waits meanwhile may be passed over by one
 * that comes later, and who runs may be ended by it. Rejects only when the run's events cannot be written any more.
 */
export async function takeTurn(run: RunScene, turn: Turn): Promise<Taken> {
  const { groups } = run;
  try {
    const { github = null, inputs = null, vars = null, ...own } = turn.contexts;
    const { needs = null, strategy = null, matrix = null } = own;
    const scope = { contexts: { github, inputs, vars, needs, strategy, matrix } };
    const wanted = turn.concurrency === undefined ? undefined : concurrencyOf(turn.concurrency, scope);
    return wanted === undefined || run.services.groups === undefined
      ? { kind: 'turn', groups, leave: async () => {} }
      : await enter(run, turn, wanted);
  } catch (error) {
    if (error instanceof ExpressionError) {
      await run.report.problems(turn.job === undefined ? {} : { job: turn.job }, [error.problem]);
    }
    return { kind: 'none', end: endOfError(error, turn.stop.asked.why) };
  }
}

async function enter(run: RunScene, { job, stop }: Turn, wanted: Concurrency): Promise<Taken> {
  const { group, ...manner } = wanted;
  const key = group.toLowerCase();
  if (run.groups.includes(key)) {
    return passed(`the concurrency group '${group}' is held by the run that it would wait for`);
  }
  const told: Promise<void>[] = [];
  const onWait = (running: string) => {
    const text = `waits for ${running}, which runs in the concurrency group '${group}'`;
    told.push(run.report.notice(job === undefined ? {} : { job }, text));
  };
  const onCancel = (by: string) => {
    stop.ask({ reason: 'cancelled', detail: `ended by ${by}, which came later in the concurrency group '${group}'` });
  };
  const who = job === undefined ? `run ${run.services.run}` : `job ${job} of run ${run.services.run}`;
  const place = await run.services.groups?.enter({ group, ...manner, who, onWait, onCancel }, stop.asked.signal);
  await Promise.all(told);
  return place?.kind === 'entered'
    ? { kind: 'turn', groups: [...run.groups, key], leave: () => left(run, place.leave) }
    : passed(`passed over for ${place?.by}, which came later in the concurrency group '${group}'`);
}

/** A group that cannot be left is no reason for what ran in it to fail: it ends with this process. */
async function left(run: RunScene, leave: () => Promise<void>): Promise<void> {
  try {
    await leave();
  } catch (error) {
    if (!(error instanceof HostFault)) {
      throw error;
    }
    await run.report.notice({}, error.message, 'warning');
  }
}

function passed(detail: string): Taken {
  return { kind: 'none', end: { outcome: 'cancelled', reason: 'cancelled', detail } };
}
