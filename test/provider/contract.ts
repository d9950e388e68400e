import test, { type ExecutionContext } from 'ava';
import { WrongInput } from '../../runner/host/fault.ts';
import type { RunEvent } from '../../runner/model/event.ts';
import type { Lease, Provider } from '../../runner/model/lease.ts';
import type { Plan } from '../../runner/model/plan.ts';
import { contentsOf, tarOf } from '../ground/tar.ts';

/** A plan without jobs: what a provider hands on and does not look into. */
export function planNamed(workflow: string): Plan {
  const file = `/x/${workflow}.yaml`;
  return { workflow, dialect: 'lightv', notices: [], file, contexts: { vars: { A: 'b' } }, env: new Map(), jobs: [] };
}

/** What a test of the suite works on; `seen` is what the far side was told of a lease. */
export interface Far {
  readonly provider: Provider;
  seen(lease: Lease): Promise<readonly string[]>;
  close(): Promise<void>;
}

const time = '2026-01-02T03:04:05.678Z';
const step = { run: 'r', time, job: 'j', step: 's' } as const;

const events: readonly RunEvent[] = [
  { run: 'r', time, type: 'run-start', workflow: 'w', file: '/x', jobs: ['j'] },
  { run: 'r', time, type: 'job-start', job: 'j', name: 'j' },
  { ...step, type: 'step-start', name: 's', attempt: 1, machine: { id: 'm', isolation: 'sandbox' } },
  { ...step, type: 'log', stream: 'stdout', text: 'first', line: 1 },
  { ...step, type: 'log', stream: 'stderr', text: 'second', line: 2 },
  { ...step, type: 'step-end', conclusion: 'success', outcome: 'success', outputs: {} },
  { run: 'r', time, type: 'job-end', job: 'j', conclusion: 'success', outcome: 'success', outputs: {} },
  { run: 'r', time, type: 'run-end', conclusion: 'success', outcome: 'success', durationMs: 1, exitCode: 0 },
];

async function allOf(leases: AsyncIterable<Lease>): Promise<Lease[]> {
  const found: Lease[] = [];
  for await (const lease of leases) {
    found.push(lease);
    await lease.finish([]);
  }
  return found;
}

/** The promises of `Provider` and `Lease`; every provider passes it. `open` makes one that has these plans to give. */
export function providerContract(name: string, open: (plans: readonly Plan[]) => Promise<Far>): void {
  const never = new AbortController().signal;

  const withProvider = (title: string, plans: string[], body: (t: ExecutionContext, far: Far) => Promise<void>) => {
    test(`${name}: ${title}`, async (t) => {
      const far = await open(plans.map(planNamed));
      try {
        await body(t, far);
      } finally {
        await far.close();
      }
    });
  };

  withProvider('hands out every plan once, in order, and ends', ['one', 'two'], async (t, far) => {
    const leases = await allOf(far.provider.leases(never));
    t.deepEqual(
      leases.map((lease) => lease.plan.workflow),
      ['one', 'two'],
    );
    t.like(leases[0]?.plan.contexts, { vars: { A: 'b' } });
  });

  withProvider('gives nothing more once its signal aborted', ['one', 'two'], async (t, far) => {
    const stop = new AbortController();
    const found: string[] = [];
    for await (const lease of far.provider.leases(stop.signal)) {
      found.push(lease.plan.workflow);
      t.false(lease.cancelled.aborted);
      stop.abort();
      t.true(lease.cancelled.aborted);
      await lease.finish([]);
    }
    t.deepEqual(found, ['one']);
    t.deepEqual(await allOf(far.provider.leases(AbortSignal.abort())), []);
  });

  withProvider('passes on all lines in order', ['one'], async (t, far) => {
    for await (const lease of far.provider.leases(never)) {
      for (const event of events) {
        await lease.sink.write(event);
      }
      await lease.finish([]);
      t.deepEqual(await far.seen(lease), ['first', 'second']);
    }
  });

  withProvider('keeps artifacts apart by name, each name once a lease', ['one', 'two'], async (t, far) => {
    for await (const lease of far.provider.leases(never)) {
      const { artifacts, plan } = lease;
      await artifacts.save('a', tarOf({ name: 'x', text: plan.workflow }));
      await artifacts.save('b', tarOf({ name: 'x', text: 'other' }));
      t.deepEqual(await contentsOf(artifacts.open('a')), { x: plan.workflow });
      await t.throwsAsync(artifacts.save('a', tarOf({ name: 'y' })), { instanceOf: WrongInput });
      t.deepEqual(await contentsOf(artifacts.open('a')), { x: plan.workflow });
      await lease.finish([]);
    }
  });
}
