import { causeText, HostFault } from '../host/fault.ts';
import type { JobResult } from '../model/event.ts';
import type { Lease } from '../model/lease.ts';
import { Masks } from '../output/masks.ts';
import { calledCommits, everyJob } from '../plan/every-job.ts';
import { JobStop } from './cancel.ts';
import { Sources } from './checkout.ts';
import { takeTurn } from './concurrency.ts';
import { openSecrets } from './debugging.ts';
import { displayName } from './display-name.ts';
import { outcomeOf } from './exit-code.ts';
import { Machines } from './machines.ts';
import { StepQueue } from './queue.ts';
import { Reporter } from './reporter.ts';
import { EarlierRun } from './rerun/earlier-run.ts';
import { keepRun, noteCommits } from './rerun/keep-run.ts';
import { runPlan } from './run-plan.ts';
import type { RunScene } from './scene.ts';
import type { RunServices } from './services.ts';
import { onAbort } from './stop.ts';

/**
 * Runs what a lease asks for, from `run-start` to `run-end`, then finishes the lease. The last event carries the exit
 * code. No machine and no disk is left when it settles, but for disks of failed steps with `keepFailed`. Rejects when
 * the lease's sink does, for the run cannot go on unseen; the lease is not finished then, and how it ended is the
 * caller's to tell. A failed job is a result.
 */
export async function runLease(lease: Lease, services: RunServices): Promise<readonly JobResult[]> {
  const deadlines = everyJob(lease.plan).map((job) => (job.kind === 'job' ? (job.cancelTimeout ?? 0) : 0));
  const stop = new JobStop(Math.max(services.cancelDeadline, ...deadlines));
  const run = sceneOf(lease, services, stop);
  const undo = onAbort(lease.cancelled, () => stop.ask({ reason: 'cancelled', detail: 'the run was cancelled' }));
  let results: readonly JobResult[];
  try {
    results = await runEvents(run, lease);
  } finally {
    undo();
    stop.close();
  }
  await lease.finish(results);
  return results;
}

function sceneOf({ plan, sink, artifacts }: Lease, services: RunServices, stop: JobStop): RunScene {
  const masks = new Masks();
  for (const [name, value] of services.secrets) {
    if (!openSecrets.includes(name)) {
      masks.add(value);
    }
  }
  const onLost = (error: unknown) => {
    stop.stopNow({ reason: 'host-fault', detail: `the run's events could not be written: ${causeText(error)}` });
  };
  const report = new Reporter({ sink, run: services.run, now: services.now, onLost }, masks);
  // Building an image takes minutes and says little: nobody waits for its lines, and their loss is told by `onLost`.
  const onProgress = (line: string) => void report.notice({}, line).catch(() => {});
  const { earlier } = services;
  const commits = calledCommits(plan);
  const known = earlier?.kept.actions ?? new Map<string, string>();
  return {
    plan,
    services: { ...services, actions: noteCommits(services.actions, commits, known) },
    artifacts,
    stop,
    report,
    machines: new Machines(services, new StepQueue(services.budget), { signal: stop.asked.signal, onProgress }),
    sources: new Sources(services.source, services.disks, earlier?.kept.sources),
    disks: [],
    told: new Set(),
    groups: [],
    ...(earlier === undefined ? {} : { earlier: new EarlierRun(earlier) }),
    kept: [],
    commits,
    secrets: services.secrets,
    span: { from: 0, size: 1 },
  };
}

async function runEvents(run: RunScene, { plan, cancelled }: Lease): Promise<readonly JobResult[]> {
  const { report, services } = run;
  const startedAt = services.now().getTime();
  const jobs = everyJob(plan).map(({ id }) => id);
  let results: readonly JobResult[] = [];
  let fault: HostFault | undefined;
  try {
    const { runName, contexts } = plan;
    const name = runName === undefined ? '' : displayName(runName, () => ({ contexts })).trim();
    const named = name === '' ? {} : { name };
    await report.write({ type: 'run-start', ...named, workflow: plan.workflow, file: plan.file, jobs });
    for (const text of plan.notices) {
      await report.notice({}, text);
    }
    for (const problem of plan.warnings ?? []) {
      await report.write({ type: 'problem', level: 'warning', problem });
    }
    if (run.earlier !== undefined) {
      await report.notice({}, `goes on from run ${run.earlier.id}, with the files that this one began with`);
    }
    results = await runInTurn(run);
  } finally {
    fault = await clearUp(run, results);
  }
  const { why } = run.stop.asked;
  const interrupted = why?.reason === 'cancelled' && results.some((result) => result.reason === 'cancelled');
  const outcome = outcomeOf(results, interrupted && !cancelled.aborted ? why : interrupted, fault);
  await report.write({ type: 'run-end', ...outcome, durationMs: services.now().getTime() - startedAt });
  return results;
}

/** The jobs of the plan, once no other run of its group is in the way; all cancelled where it is to run no more. */
async function runInTurn(run: RunScene): Promise<readonly JobResult[]> {
  const { plan, stop } = run;
  const taken = await takeTurn(run, { concurrency: plan.concurrency, contexts: plan.contexts, stop });
  if (taken.kind === 'none') {
    stop.stopNow({ reason: 'cancelled', detail: taken.end.detail ?? 'the run was passed over' });
    return await runPlan(run);
  }
  try {
    return await runPlan({ ...run, groups: taken.groups });
  } finally {
    await taken.leave();
  }
}

/** Removes what the run made but for what is kept, all of it whatever fails; the first fault. */
async function clearUp(run: RunScene, results: readonly JobResult[]): Promise<HostFault | undefined> {
  const { machines, sources, disks, services } = run;
  const faults: HostFault[] = [];
  let stay: ReadonlySet<string> = new Set();
  const work = [
    () => machines.close(),
    async () => await services.actionServices?.close(),
    async () => {
      stay = await keepRun(run, results);
    },
    () => sources.remove(stay),
    ...disks.map((each) => () => each.remove(services.disks, stay)),
  ];
  for (const each of work) {
    try {
      await each();
    } catch (error) {
      faults.push(error instanceof HostFault ? error : new HostFault('clear up after the run', error));
    }
  }
  return faults[0];
}
