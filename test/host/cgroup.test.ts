import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { type Cgroup, openCgroup, probeCgroup } from '../../runner/host/cgroup.ts';
import { cgroupLayout } from '../../runner/host/cgroup-layout.ts';
import { sweepCgroups } from '../../runner/host/cgroup-sweep.ts';
import { folder as freshFolder } from '../ground/folder.ts';

const mib = 1024 ** 2;
const run = `cgroup-test-${process.pid}`;

function inside(group: Cgroup, script: string) {
  const join = group.entries.map((entry) => `echo $$ > ${entry}`).join('; ');
  return spawn('sh', ['-c', `${join}; ${script}`], { stdio: ['ignore', 'pipe', 'pipe'] });
}

test.serial('what this host enforces', async (t) => {
  const report = await probeCgroup();
  t.log(report);
  if (process.getuid?.() === 0 && report.memory.bound) {
    t.true(report.processes.bound);
  }
  for (const limit of Object.values(report)) {
    t.true(limit.bound ? limit.by !== '' : limit.reason !== '');
  }
});

test.serial('memory binds, and the kill is counted', async (t) => {
  const group = openCgroup(run, 'memory', { memory: 32 * mib });
  t.teardown(() => group.remove());
  if (!group.report.memory.bound) {
    t.log(`no memory limit here: ${group.report.memory.reason}`);
    t.is(group.oomKills(), 0);
    return;
  }
  t.is(group.oomKills(), 0);
  const child = inside(group, 'exec dd if=/dev/zero of=/dev/null bs=200M count=1');
  const [, signal] = await once(child, 'exit');
  t.is(signal, 'SIGKILL');
  t.is(group.oomKills(), 1);
});

test.serial('a fork bomb stays small, is killed and its group removed', async (t) => {
  const group = openCgroup(run, 'bomb', { processes: 20 });
  t.teardown(() => group.remove());
  if (!group.report.processes.bound) {
    t.log(`no process limit here: ${group.report.processes.reason}`);
    return;
  }
  const child = inside(group, 'echo up; while :; do sleep 100 & done 2>/dev/null; wait');
  await once(child.stdout, 'data');
  t.true(group.processes().length <= 20);
  const [folder = ''] = group.entries;
  await group.remove();
  t.deepEqual(group.processes(), []);
  t.false(existsSync(folder));
  await group.remove();
});

test.serial('a process limit of one refuses a fork', async (t) => {
  const group = openCgroup(run, 'single', { processes: 1 });
  t.teardown(() => group.remove());
  const child = inside(group, '(:) && echo forked');
  const [code] = await once(child, 'exit');
  t.is(code !== 0, group.report.processes.bound);
});

test.serial('groups of a run that died are swept with what they hold', async (t) => {
  const group = openCgroup(`${run}-lost`, 'one', { processes: 20 });
  const child = inside(group, 'sleep 1000');
  const gone = once(child, 'exit');
  if (group.entries.length > 0) {
    while (group.processes().length === 0) {
      await delay(5);
    }
    t.true((await sweepCgroups(`${run}-lost`)).length > 0);
    await gone;
  } else {
    child.kill('SIGKILL');
  }
  t.deepEqual(await sweepCgroups(`${run}-lost`), []);
});

test.serial('cgroup v2, against a folder that stands in for its file system', async (t) => {
  const root = freshFolder(t);
  const scope = join(root, 'user.slice');
  const folder = join(scope, 'lightv', 'r', 'm');
  for (const one of [scope, join(scope, 'lightv'), join(scope, 'lightv', 'r'), folder]) {
    mkdirSync(one, { recursive: true });
    writeFileSync(join(one, 'cgroup.subtree_control'), 'memory pids cpu\n');
  }
  writeFileSync(join(folder, 'memory.swap.max'), 'max');
  writeFileSync(join(folder, 'memory.events'), 'low 0\nhigh 0\nmax 3\noom 2\noom_kill 2\n');
  const group = openCgroup(
    'r',
    'm',
    { memory: 64 * mib, cpu: 0.5, processes: 7 },
    {
      mountinfo: `30 25 0:26 / ${root} rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate`,
      membership: '0::/user.slice',
    },
  );
  t.deepEqual(group.report, {
    memory: { bound: true, by: 'cgroup v2 memory' },
    cpu: { bound: true, by: 'cgroup v2 cpu' },
    processes: { bound: true, by: 'cgroup v2 pids' },
  });
  t.is(readFileSync(join(folder, 'memory.max'), 'utf8'), `${64 * mib}`);
  t.is(readFileSync(join(folder, 'memory.swap.max'), 'utf8'), '0');
  t.is(readFileSync(join(folder, 'cpu.max'), 'utf8'), '50000 100000');
  t.is(readFileSync(join(folder, 'pids.max'), 'utf8'), '7');
  t.is(group.oomKills(), 2);
  t.deepEqual(group.entries, [join(folder, 'cgroup.procs')]);
});

test.serial('where nothing can be written the report says why', (t) => {
  const none = openCgroup(run, 'none', {}, { mountinfo: '', membership: '' });
  t.deepEqual(none.report.memory, { bound: false, reason: 'no cgroup file system is mounted' });
  const text = '30 25 0:26 / /proc/1 rw - cgroup2 cgroup2 rw';
  const refused = openCgroup(run, 'none', {}, { mountinfo: text, membership: '0::/' });
  t.false(refused.report.cpu.bound);
  t.deepEqual(refused.entries, []);
});

test.serial('a controller bound to v1 is not looked for in v2', (t) => {
  const layout = cgroupLayout(
    [
      '30 25 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory',
      '31 25 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
    ].join('\n'),
    '4:memory:/a/b\n0::/c',
  );
  t.deepEqual(layout.get('memory'), { version: 1, places: ['/sys/fs/cgroup/memory/a/b', '/sys/fs/cgroup/memory'] });
  t.deepEqual(layout.get('pids'), { version: 2, places: ['/sys/fs/cgroup/unified/c', '/sys/fs/cgroup/unified'] });
});
