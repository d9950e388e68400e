import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { attempt } from '../host/attempt.ts';
import { HostFault } from '../host/fault.ts';
import { scratchFolder } from '../host/paths.ts';
import type { RunEndEvent, RunEvent } from '../model/event.ts';
import type { RunSink } from '../model/lease.ts';
import type { Plan } from '../model/plan.ts';
import { type LocalLease, localProvider } from '../provider/local/provider.ts';
import { runLease } from '../run/run-lease.ts';
import type { RunStore } from '../store/store.ts';
import { failureEvents } from './failure-events.ts';
import { dropBeyondBounds, Keeping } from './keeping.ts';
import { removeIfEmpty } from './remove-if-empty.ts';
import { type RunSetting, runServices } from './run-services.ts';

export interface RunAll {
  readonly plans: readonly Plan[];
  readonly store: RunStore;
  readonly show: RunSink;
  readonly setting: RunSetting;
  /** Called with each run's id before anything of it is made. */
  readonly onRun: (run: string) => void;
}

/**
 * Runs plans one after the other, each as a run of its own, and returns the worst of their exit codes: 130, 3, 2, 1, 0.
 * An interrupted run is the last.
 */
export async function runPipelines({ plans, store, show, setting, onRun }: RunAll): Promise<number> {
  const end: { event?: RunEndEvent } = {};
  const watching: RunSink = {
    async write(event: RunEvent) {
      if (event.type === 'run-end') {
        end.event = event;
      }
      await show.write(event);
    },
  };
  const { out } = setting.options;
  const provider = localProvider({ plans, store, show: watching, ...(out === undefined ? {} : { out }) });
  let worst = 0;
  for await (const lease of provider.leases(setting.signal)) {
    onRun(lease.run);
    delete end.event;
    await runOne(lease, setting, end, watching);
    await dropBeyondBounds(store, setting.config);
    worst = worse(worst, (end as { event?: RunEndEvent }).event?.exitCode ?? 3);
  }
  return setting.signal.aborted ? 130 : worst;
}

/** After it the run has told its end, and its folders for machines are gone. */
async function runOne(
  lease: LocalLease,
  setting: RunSetting,
  end: { event?: RunEndEvent },
  show: RunSink,
): Promise<void> {
  const started = Date.now();
  const keeping = new Keeping(lease, setting);
  try {
    const services = await runServices(lease, setting);
    await runLease(lease, { ...services, keep: (run) => keeping.keep(run) });
  } catch (error) {
    if (end.event !== undefined) {
      throw error;
    }
    await tellFailure(lease, error, started, show);
  } finally {
    await removeScratch(lease);
    await keeping.clearUp();
  }
}

/** The engine could not go on: its run still has an end, and what was wrong is told where everything else is. */
async function tellFailure(lease: LocalLease, error: unknown, started: number, show: RunSink): Promise<void> {
  const failed = {
    run: lease.run,
    time: new Date().toISOString(),
    durationMs: Date.now() - started,
    interrupted: lease.cancelled.aborted,
  };
  let exitCode = 3;
  for (const event of failureEvents(error, failed)) {
    // What cannot be written down, on a full disk for one, is shown all the same.
    await lease.sink.write(event).catch(() => show.write(event));
    exitCode = event.type === 'run-end' ? event.exitCode : exitCode;
  }
  await lease.abandon(exitCode);
  if (exitCode === 3 && !(error instanceof HostFault)) {
    throw error;
  }
}

async function removeScratch({ run }: LocalLease): Promise<void> {
  const folder = join(scratchFolder(), run);
  await attempt(`remove ${folder}`, () => rm(folder, { recursive: true, force: true }));
  await removeIfEmpty(scratchFolder());
}

function worse(one: number, other: number): number {
  const order = [0, 1, 2, 3, 130];
  return order.indexOf(other) > order.indexOf(one) ? other : one;
}
