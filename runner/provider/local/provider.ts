import { join } from 'node:path';
import type { RunEvent } from '../../model/event.ts';
import type { ArtifactStore, Lease, Provider, RunSink } from '../../model/lease.ts';
import type { Plan } from '../../model/plan.ts';
import { openArtifacts } from '../../service/artifact-store.ts';
import { defaultBounds } from '../../service/unpack.ts';
import type { RunState } from '../../store/record.ts';
import type { OpenRun, RunStore } from '../../store/store.ts';

/** A lease on a plan of this machine, remembered in the store under the id `run`. */
export interface LocalLease extends Lease {
  readonly run: string;
  /** The run's own folder, absolute. */
  readonly folder: string;
  /** For a run that was given up before its end: remembers it with this one. Harmless after `finish`. */
  abandon(exitCode: number): Promise<void>;
}

export interface LocalProvider extends Provider {
  leases(signal: AbortSignal): AsyncIterable<LocalLease>;
}

export interface LocalOptions {
  /** Handed out one after the other. */
  readonly plans: readonly Plan[];
  readonly store: RunStore;
  /** Sees every event after it was written down. */
  readonly show: RunSink;
  /** A folder that gets a copy of all artifacts. */
  readonly out?: string;
}

/** Runs of files on this machine. The next lease is given when the one before was finished or given up. */
export function localProvider({ plans, store, show, out }: LocalOptions): LocalProvider {
  return {
    name: 'local',
    async *leases(signal) {
      const copied = new Set<string>();
      for (const plan of plans) {
        if (signal.aborted) {
          return;
        }
        const run = store.begin({ workflow: plan.workflow, file: plan.file });
        const artifacts = openArtifacts(join(run.folder, 'artifacts'), out, defaultBounds, copied);
        const lease = leaseOf(run, plan, show, signal, artifacts);
        try {
          yield lease;
        } finally {
          await lease.abandon(3);
        }
      }
    },
  };
}

function leaseOf(
  run: OpenRun,
  plan: Plan,
  show: RunSink,
  cancelled: AbortSignal,
  artifacts: ArtifactStore,
): LocalLease {
  const { github } = plan.contexts;
  // A run that goes on from another one has its number, and an attempt of its own.
  const numbered = { run_id: runNumber(run.id, plan), run_number: '1', run_attempt: '1', ...(github as object) };
  return {
    run: run.id,
    folder: run.folder,
    plan: { ...plan, contexts: { ...plan.contexts, github: numbered } },
    cancelled,
    sink: {
      async write(event: RunEvent) {
        await run.recorder.write(event);
        await show.write(event);
      },
    },
    artifacts,
    finish: (results) => {
      const failed = results.some((result) => result.conclusion === 'failure' || result.conclusion === 'cancelled');
      // Without a result and an end of its own, as the store asks first, the engine broke.
      const exitCode = results.length === 0 ? 3 : failed ? 1 : 0;
      return run.recorder.close(stateOf(exitCode), exitCode);
    },
    abandon: (exitCode) => run.recorder.close(stateOf(exitCode), exitCode),
  };
}

function stateOf(exitCode: number): RunState {
  return exitCode === 0 ? 'success' : exitCode === 130 ? 'cancelled' : 'failure';
}

/** Actions of GitHub's read the id of a run as a number. */
function runNumber(id: string, { dialect }: Plan): string {
  return dialect === 'github' ? String(Number.parseInt(id, 36)) : id;
}
