import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../runner/host/paths.ts';
import type { RunEvent } from '../../runner/model/event.ts';
import { machineTest } from '../machines.ts';
import { commandOf, goneSoon, leftOf, pids } from './leftovers.ts';
import { endOf, home, logOf, peakMemory, pipeline, start, told } from './lightv.ts';
import { block, hostTrap } from './reach.ts';

const mib = 1024 ** 2;

function at(events: readonly RunEvent[], type: 'step-start' | 'step-end', step: string): number {
  return events.findIndex((event) => event.type === type && event.step === step);
}

machineTest(
  'microvm',
  'hello.yaml: three steps in three microVMs, two of them at once, and nothing is left',
  async (t) => {
    t.timeout(400_000);
    const folder = home(t);
    const file = join(packageRoot(), 'pipelines/hello.yaml');
    const running = start(t, folder, ['run', file, '--json', '--accel', 'tcg', '--out', 'got']);
    const first = await running.until((event) => event.type === 'step-start');
    const during = leftOf(first.run, folder);
    t.true(
      during.some((left) => left.startsWith('process ') && left.includes('qemu-system')),
      during.join('\n'),
    );
    t.is(await running.ended, 0, running.stderr());
    const { events } = running;
    const machines = events.flatMap((event) => (event.type === 'step-start' ? (event.machine ?? []) : []));
    t.is(machines.length, 3);
    t.is(new Set(machines.map(({ id }) => id)).size, 3, 'a machine is used twice');
    for (const machine of machines) {
      t.like(machine, { isolation: 'microvm', accel: 'tcg' });
    }
    const firstEnd = Math.min(at(events, 'step-end', 'kernel'), at(events, 'step-end', 'files'));
    t.true(at(events, 'step-start', 'kernel') < firstEnd && at(events, 'step-start', 'files') < firstEnd);
    t.true(at(events, 'step-start', 'report') > at(events, 'step-end', 'files'));
    const { release = '' } = endOf(events, 'hello', 'kernel')?.outputs ?? {};
    const { count = '' } = endOf(events, 'hello', 'files')?.outputs ?? {};
    t.regex(release, /^\d+\.\d+\./);
    t.not(release, readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim(), 'the kernel is the host’s');
    t.true(Number(count) > 100);
    t.is(readFileSync(join(folder, 'got/report/out/report.txt'), 'utf8'), `kernel ${release} saw ${count} files\n`);
    t.deepEqual(leftOf(first.run, folder), []);
  },
);

machineTest(
  'microvm',
  'hostile guests with a kernel of their own fail with a reason, and the others go on',
  async (t) => {
    t.timeout(600_000);
    const folder = home(t);
    const trap = await hostTrap(t);
    const file = pipeline(
      folder,
      `
flood:
  steps:
    - run: yes "$(head -c 1000 /dev/zero | tr '\\0' x)"
eater:
  steps:
    - run: dd if=/dev/zero of=/dev/null bs=900M count=1
reset:
  steps:
    - run: echo up; echo b > /proc/sysrq-trigger; sleep 60
fill:
  resources: {disk: 64Mi}
  steps:
    - run: dd if=/dev/zero of=big bs=1M count=400
victim:
  steps:
    - run: echo up; sleep 600
other:
  steps:
    - run: echo went on; printf 'half \\303'
reach:
  network: full
  steps:
    - run: |
${block(trap.script)}
`,
      'isolation: microvm\nresources: {cpu: 0.3, memory: 128Mi}',
    );
    let bytes = 0;
    const peaks: number[] = [];
    const running = start(t, folder, ['run', file, '--json', '--accel', 'tcg', '--log-limit', '12Mi'], {
      forget: (event) => {
        if (event.type !== 'log' || event.job !== 'flood') {
          return false;
        }
        bytes += event.text.length + 1;
        if (bytes > peaks.length * 4 * mib) {
          peaks.push(peakMemory(running.child.pid));
        }
        return true;
      },
    });
    const up = await running.until((event) => event.type === 'log' && event.job === 'victim' && event.text === 'up');
    const [machine] = running.events.flatMap((event) =>
      event.type === 'step-start' && event.job === 'victim' ? [event.machine?.id] : [],
    );
    const qemu = pids().filter((pid) => commandOf(pid).startsWith(`qemu-system-x86_64 -name lightv-${machine}`));
    t.is(qemu.length, 1);
    process.kill(qemu[0] ?? 0, 'SIGKILL');
    t.is(await running.ended, 1, running.stderr());
    const reasons = ['flood', 'eater', 'reset', 'fill', 'victim', 'other', 'reach'].map((job) => [
      job,
      endOf(running.events, job)?.reason,
    ]);
    t.deepEqual(
      reasons,
      [
        ['flood', 'log-limit'],
        ['eater', 'out-of-memory'],
        ['reset', 'guest-lost'],
        ['fill', 'exit-code'],
        ['victim', 'guest-lost'],
        ['other', undefined],
        ['reach', undefined],
      ],
      told({ events: running.events, stderr: running.stderr() }),
    );
    t.is(endOf(running.events, 'other')?.conclusion, 'success');
    t.is(logOf(running.events, 'other'), 'went on\nhalf \uFFFD');
    t.deepEqual(trap.asked, []);
    t.regex(logOf(running.events, 'reach'), /^control\n[2-9] interfaces\ndone$/);
    t.regex(logOf(running.events, 'fill'), /No space left on device/);
    t.regex(endOf(running.events, 'victim')?.detail ?? '', /SIGKILL/);
    t.is(bytes, 12 * mib + 1);
    const growth = (peaks.at(-1) ?? 0) - (peaks[0] ?? 0);
    t.true(peaks.length >= 3 && growth < 48 * mib, `grew by ${growth / mib} MiB`);
    t.deepEqual(await goneSoon(() => leftOf(up.run, folder)), []);
  },
);
