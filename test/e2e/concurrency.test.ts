import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { RunEvent } from '../../runner/model/event.ts';
import { machineTest } from '../machines.ts';
import { endOf, home, lightv, start, told } from './lightv.ts';

const fixed = ['--json', '--dialect', 'github', '--isolation', 'sandbox', '-P', 'ubuntu-latest=busybox'];

function repository(t: ExecutionContext): string {
  const folder = home(t);
  execFileSync('git', ['init', '-q', folder]);
  return folder;
}

/** A workflow whose runs are one group, and whose only step says `here` and then does this. */
function workflow(folder: string, name: string, run: string, more = ''): readonly string[] {
  const file = join(folder, name);
  const steps = `[{ id: s, run: "echo here; ${run}" }]`;
  writeFileSync(
    file,
    `on: push\nconcurrency: { group: g${more} }\njobs:\n  a: { runs-on: ubuntu-latest, steps: ${steps} }\n`,
  );
  return ['run', file, ...fixed];
}

const here = (event: RunEvent) => event.type === 'log' && event.text === 'here';
const waits = (event: RunEvent) =>
  event.type === 'notice' && /waits for run .* in the concurrency group 'g'/.test(event.text);

machineTest('sandbox', 'a run that comes later may end the one that goes on', async (t) => {
  const folder = repository(t);
  const first = start(t, folder, workflow(folder, 'first.yml', 'sleep 100'));
  await first.until(here);
  const second = await lightv(t, folder, workflow(folder, 'second.yml', 'true', ', cancel-in-progress: true'));
  t.is(second.code, 0, told(second));
  t.is(await first.ended, 130);
  const end = first.events.at(-1);
  t.like(end, { type: 'run-end', conclusion: 'cancelled', reason: 'cancelled' });
  t.regex(endOf(first.events, 'a')?.detail ?? '', /^ended by run \w+, which came later in the concurrency group 'g'/);
});

machineTest(
  'sandbox',
  'a run that waits makes room for one that comes later, and that for the one that goes on',
  async (t) => {
    const folder = repository(t);
    const first = start(t, folder, workflow(folder, 'first.yml', 'while [ ! -e /tmp/x ]; do sleep 0.1; done'));
    await first.until(here);
    const second = start(t, folder, workflow(folder, 'second.yml', 'exit 1'));
    await second.until(waits);
    const third = start(t, folder, workflow(folder, 'third.yml', 'true'));
    t.is(await second.ended, 130);
    t.false(second.events.some(here));
    t.regex(endOf(second.events, 'a')?.detail ?? '', /^passed over for run \w+, which came later/);
    await third.until(waits);
    process.kill(-first.child.pid, 'SIGKILL');
    t.is(await third.ended, 0);
  },
);
