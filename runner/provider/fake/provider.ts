import { WrongInput } from '../../host/fault.ts';
import type { JobResult, RunEvent } from '../../model/event.ts';
import type { ArtifactStore, Lease, Provider, SavedArtifact } from '../../model/lease.ts';
import type { Plan } from '../../model/plan.ts';

/** A lease that keeps in memory what it is told. */
export interface FakeLease extends Lease {
  readonly events: readonly RunEvent[];
  readonly finished: readonly (readonly JobResult[])[];
  /** Ends the lease's `cancelled` as a forge would. */
  cancel(): void;
}

/** A provider for tests and for trying things out: hands out the plans it is given and complains when it is misused. */
export class FakeProvider implements Provider {
  readonly name = 'fake';
  /** Those handed out so far, in order. */
  readonly given: FakeLease[] = [];
  readonly #plans: readonly Plan[];

  constructor(plans: readonly Plan[]) {
    this.#plans = plans;
  }

  async *leases(signal: AbortSignal): AsyncGenerator<FakeLease> {
    for (const plan of this.#plans) {
      if (signal.aborted) {
        return;
      }
      const lease = fakeLease(plan, signal);
      this.given.push(lease);
      yield lease;
    }
  }
}

function fakeLease(plan: Plan, signal: AbortSignal): FakeLease {
  const events: RunEvent[] = [];
  const finished: (readonly JobResult[])[] = [];
  const own = new AbortController();
  return {
    plan,
    events,
    finished,
    cancelled: AbortSignal.any([signal, own.signal]),
    cancel: () => own.abort(),
    artifacts: memoryArtifacts(),
    sink: {
      async write(event) {
        if (finished.length > 0) {
          throw new Error(`a ${event.type} event came after the lease was finished`);
        }
        events.push(event);
      },
    },
    async finish(results) {
      if (finished.length > 0) {
        throw new Error('the lease was finished twice');
      }
      finished.push(results);
    },
  };
}

/** Keeps tars as they come, without looking into them: for plans one trusts. */
function memoryArtifacts(): ArtifactStore {
  const kept = new Map<string, Uint8Array[]>();
  const there = new Map<string, SavedArtifact>();
  return {
    async save(name, tar): Promise<SavedArtifact> {
      if (kept.has(name)) {
        throw new WrongInput([{ message: `the run already has an artifact named "${name}"` }]);
      }
      const chunks: Uint8Array[] = [];
      kept.set(name, chunks);
      for await (const chunk of tar) {
        chunks.push(chunk);
      }
      const saved = { name, files: 1, bytes: chunks.reduce((sum, chunk) => sum + chunk.length, 0) };
      there.set(name, saved);
      return saved;
    },
    async *open(name) {
      yield* kept.get(name) ?? [];
    },
    list: () => [...there.values()],
    async remove(name) {
      const was = there.get(name);
      there.delete(name);
      kept.delete(name);
      return was;
    },
  };
}
