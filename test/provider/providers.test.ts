import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { RunEvent } from '../../runner/model/event.ts';
import { type FakeLease, FakeProvider } from '../../runner/provider/fake/provider.ts';
import { type LocalLease, localProvider } from '../../runner/provider/local/provider.ts';
import { readLines } from '../../runner/store/step-log.ts';
import { openStore } from '../../runner/store/store.ts';
import { planNamed, providerContract } from './contract.ts';

providerContract('fake', async (plans) => ({
  provider: new FakeProvider(plans),
  seen: async (lease) => (lease as FakeLease).events.flatMap((event) => (event.type === 'log' ? [event.text] : [])),
  close: async () => {},
}));

providerContract('local', async (plans) => {
  const home = mkdtempSync(join(tmpdir(), 'lightv-local-'));
  const store = openStore(home);
  return {
    provider: localProvider({ plans, store, show: { write: async () => {} } }),
    seen: async (lease) => {
      const { run, folder } = lease as LocalLease;
      const lines = [];
      for (const step of store.steps(run)) {
        for await (const { line } of readLines(join(folder, 'logs', step.log), 0)) {
          lines.push(line.text);
        }
      }
      return lines;
    },
    close: async () => {
      store.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
});

test('a local lease that is left without an end is remembered as failed, and the id is in its context', async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'lightv-local-'));
  const store = openStore(home);
  t.teardown(() => {
    store.close();
    rmSync(home, { recursive: true, force: true });
  });
  const shown: RunEvent[] = [];
  const show = { write: async (event: RunEvent) => void shown.push(event) };
  const left = localProvider({ plans: [planNamed('one')], store, show }).leases(new AbortController().signal);
  await t.throwsAsync(
    async () => {
      for await (const lease of left) {
        t.like(lease.plan.contexts, { github: { run_id: lease.run } });
        t.is(store.list()[0]?.state, 'running');
        throw new Error('the engine broke');
      }
    },
    { message: 'the engine broke' },
  );
  t.like(store.list()[0], { state: 'failure', exitCode: 3 });
});

test('the fake complains about misuse', async (t) => {
  const provider = new FakeProvider([planNamed('one')]);
  const { value: lease } = await provider.leases(new AbortController().signal).next();
  await lease?.finish([]);
  await t.throwsAsync(lease?.finish([]) ?? Promise.resolve(), { message: /twice/ });
  const end = {
    run: 'r',
    time: '',
    type: 'run-end',
    conclusion: 'success',
    outcome: 'success',
    durationMs: 1,
  } as const;
  await t.throwsAsync(lease?.sink.write({ ...end, exitCode: 0 }) ?? Promise.resolve(), { message: /after the lease/ });
});
