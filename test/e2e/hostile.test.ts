import { statfsSync } from 'node:fs';
import { machineTest } from '../machines.ts';
import { commandOf, goneSoon, leftOf, pids, processesOf } from './leftovers.ts';
import { endOf, home, logOf, peakMemory, pipeline, run, start, told } from './lightv.ts';

const mib = 1024 ** 2;

machineTest('sandbox', 'a flood of output fails its step; the host stays flat and the other job goes on', async (t) => {
  t.timeout(180_000);
  const folder = home(t);
  const file = pipeline(
    folder,
    `
flood:
  steps:
    - run: yes "$(head -c 1000 /dev/zero | tr '\\0' x)"
other:
  steps:
    - run: echo first
    - run: echo second
`,
  );
  let bytes = 0;
  const peaks: number[] = [];
  const running = start(t, folder, ['run', file, '--json', '--log-limit', '64Mi'], {
    forget: (event) => {
      if (event.type !== 'log' || event.job !== 'flood') {
        return false;
      }
      bytes += event.text.length + 1;
      if (bytes > peaks.length * 16 * mib) {
        peaks.push(peakMemory(running.child.pid));
      }
      return true;
    },
  });
  t.is(await running.ended, 1, running.stderr());
  t.is(endOf(running.events, 'flood')?.reason, 'log-limit');
  t.is(endOf(running.events, 'other')?.conclusion, 'success');
  t.is(logOf(running.events, 'other'), 'first\nsecond');
  // Below the limit nothing is lost; beyond it nothing is kept. The last line is cut, its end is ours.
  t.is(bytes, 64 * mib + 1);
  const [, warm = 0] = peaks;
  const last = peaks.at(-1) ?? 0;
  t.true(peaks.length >= 4 && last - warm < 48 * mib, `grew from ${warm / mib} to ${last / mib} MiB`);
  t.log(`peak memory ${Math.round(last / mib)} MiB`);
});

machineTest('sandbox', 'a guest that fills its disk gets an error, and the host keeps its room', async (t) => {
  const folder = home(t);
  const file = pipeline(
    folder,
    `
fill:
  resources: {disk: 64Mi}
  steps:
    - id: fill
      continue-on-error: true
      run: dd if=/dev/zero of=big bs=1M count=4000
    - id: after
      run: ls -l big && rm big && echo fits > small && cat small
temporary:
  resources: {disk: 64Mi}
  steps:
    - id: fill
      run: dd if=/dev/zero of=/tmp/big bs=1M count=4000
shared:
  resources: {disk: 64Mi, memory: 64Mi}
  steps:
    - id: fill
      run: |
        for folder in /dev/shm /dev /run /run/lightv; do dd if=/dev/zero of=$folder/big bs=1M count=4000 || true; done
        echo survived
`,
  );
  const free = () => {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  };
  const before = free();
  const end = await run(t, folder, file);
  t.is(end.code, 1, told(end));
  t.like(endOf(end.events, 'fill', 'fill'), { outcome: 'failure', conclusion: 'success', reason: 'exit-code' });
  t.regex(logOf(end.events, 'fill', 'fill', 'stderr'), /No space left on device/);
  t.is(logOf(end.events, 'fill', 'after').split('\n').at(-1), 'fits');
  t.regex(logOf(end.events, 'temporary', 'fill', 'stderr'), /No space left on device/);
  t.is(endOf(end.events, 'temporary')?.conclusion, 'failure');
  // Folders in memory are the machine's memory.
  t.is(endOf(end.events, 'shared')?.reason, 'out-of-memory', told(end));
  t.true(before - free() < 600 * mib, 'the host lost room');
});

machineTest('sandbox', 'a fork bomb is bounded, and so is what it leaves', async (t) => {
  t.timeout(120_000);
  const folder = home(t);
  const file = pipeline(
    folder,
    `
bomb:
  steps:
    - id: bomb
      timeout: 5s
      run: |
        bomb() { bomb | bomb & }
        (bomb) 2>/dev/null &
        echo lit
        exec sleep 100
other:
  steps:
    - run: echo one
    - run: echo two
`,
  );
  const running = start(t, folder, ['run', file, '--json']);
  const { run: id } = await running.until((event) => event.type === 'log' && event.job === 'other');
  const most: number[] = [];
  const timer = setInterval(() => most.push(processesOf(id, folder).length), 500);
  t.teardown(() => clearInterval(timer));
  t.is(await running.ended, 1, running.stderr());
  clearInterval(timer);
  t.is(endOf(running.events, 'other')?.conclusion, 'success');
  t.is(endOf(running.events, 'bomb')?.reason, 'timeout', told({ events: running.events, stderr: '' }));
  // 512Mi of memory, half a MiB a process at least.
  t.true(Math.max(...most) < 1100, `${most}`);
  t.log(`at most ${Math.max(...most)} processes`);
  t.deepEqual(await goneSoon(() => leftOf(id, folder)), []);
});

machineTest('sandbox', 'a guest that eats its memory is out of memory, and others are not', async (t) => {
  const folder = home(t);
  const file = pipeline(
    folder,
    `
eater:
  resources: {memory: 64Mi}
  steps:
    - run: dd if=/dev/zero of=/dev/null bs=900M count=1
other:
  resources: {memory: 64Mi}
  steps:
    - run: dd if=/dev/zero of=/dev/null bs=8M count=4
`,
  );
  const end = await run(t, folder, file);
  t.is(end.code, 1, told(end));
  t.like(endOf(end.events, 'eater'), { conclusion: 'failure', reason: 'out-of-memory' });
  t.is(endOf(end.events, 'other')?.conclusion, 'success', told(end));
});

machineTest('sandbox', 'a guest that ignores TERM is killed when its time is over', async (t) => {
  t.timeout(120_000);
  const folder = home(t);
  const file = pipeline(
    folder,
    `
deaf:
  steps:
    - id: deaf
      timeout: 1s
      run: |
        trap '' TERM INT HUP
        (trap '' TERM; while :; do sleep 1; done) &
        while :; do sleep 1; done
    - id: after
      if: always()
      run: echo after
polite:
  steps:
    - id: polite
      timeout: 1s
      run: |
        trap 'echo bye; exit 9' TERM
        while :; do sleep 0.1; done
`,
  );
  const end = await run(t, folder, file);
  t.is(end.code, 1, told(end));
  t.like(endOf(end.events, 'deaf', 'deaf'), { conclusion: 'failure', reason: 'timeout' });
  t.is(logOf(end.events, 'deaf', 'after'), 'after');
  t.like(endOf(end.events, 'polite', 'polite'), { conclusion: 'failure', reason: 'timeout' });
  t.is(logOf(end.events, 'polite', 'polite', 'stdout'), 'bye');
  t.deepEqual(leftOf(end.events[0]?.run ?? '', folder), []);
});

machineTest(
  'sandbox',
  'half a character, no last line end, no text at all: every byte that is a line arrives',
  async (t) => {
    const folder = home(t);
    const file = pipeline(
      folder,
      `
bytes:
  steps:
    - id: half
      run: printf 'first\\nhalf \\303'
    - id: late
      run: printf '\\303'; sleep 0.3; printf '\\244 whole'; printf 'error without end' >&2
    - id: none
      run: printf ''
    - id: zero
      run: printf 'a\\0b\\r\\nc\\377d\\n'
`,
    );
    const end = await run(t, folder, file);
    t.is(end.code, 0, told(end));
    t.is(logOf(end.events, 'bytes', 'half'), 'first\nhalf \uFFFD');
    t.is(logOf(end.events, 'bytes', 'late', 'stdout'), 'ä whole');
    t.is(logOf(end.events, 'bytes', 'late', 'stderr'), 'error without end');
    t.is(logOf(end.events, 'bytes', 'none'), '');
    t.is(logOf(end.events, 'bytes', 'zero'), 'a\0b\nc\uFFFDd');
  },
);

machineTest('sandbox', 'a guest cannot end its own init nor speak in its place', async (t) => {
  const folder = home(t);
  const file = pipeline(
    folder,
    `
kill:
  steps:
    - run: |
        kill -9 1 || true
        kill -TERM 1; kill -STOP 1; kill -SEGV 1 || true
        kill -9 -1 || true
        echo survived
speak:
  steps:
    - run: |
        n=0
        while [ $n -lt 20 ]; do
          { timeout 1 head -c 1 /proc/1/fd/$n; echo rubbish > /proc/1/fd/$n; } >/dev/null 2>&1 || true
          n=$((n + 1))
        done
        echo done
`,
  );
  const end = await run(t, folder, file);
  // A step that kills all it may also kills itself: its own shell among them is its own affair.
  const killed = endOf(end.events, 'kill');
  t.true(killed?.conclusion === 'success' || killed?.reason === 'signal', told(end));
  // Its line to the host is a socket, which no path opens; what it finds are the pipes of its own output.
  t.regex(logOf(end.events, 'speak'), /^(rubbish\n)*done$/, told(end));
  t.is(endOf(end.events, 'speak')?.conclusion, 'success');
});

machineTest('sandbox', 'a sandbox killed from outside is a lost guest, and others go on', async (t) => {
  t.timeout(120_000);
  const folder = home(t);
  const file = pipeline(
    folder,
    `
victim:
  steps:
    - run: echo up; sleep 300
other:
  steps:
    - run: while [ ! -e /workspace/go ]; do sleep 0.1; test $((n += 1)) -lt 30 || break; done
    - run: echo went on
`,
  );
  const running = start(t, folder, ['run', file, '--json']);
  const up = await running.until((event) => event.type === 'log' && event.job === 'victim');
  const machine = running.events.flatMap((event) =>
    event.type === 'step-start' && event.job === 'victim' ? [event.machine?.id] : [],
  )[0];
  const sandbox = pids().filter((pid) => /^bwrap /.test(commandOf(pid)) && commandOf(pid).includes(`/${machine}`));
  t.true(sandbox.length > 0, 'no bwrap is found');
  for (const pid of sandbox) {
    process.kill(pid, 'SIGKILL');
  }
  t.is(await running.ended, 1, running.stderr());
  const end = endOf(running.events, 'victim');
  t.like(end, { conclusion: 'failure', reason: 'guest-lost' });
  t.regex(end?.detail ?? '', /SIGKILL/);
  t.is(endOf(running.events, 'other')?.conclusion, 'success');
  t.is(logOf(running.events, 'other'), 'went on');
  t.deepEqual(await goneSoon(() => leftOf(up.run, folder)), []);
});
