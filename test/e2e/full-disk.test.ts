import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { IsolationLevel } from '../../runner/model/workflow.ts';
import { asRoot } from '../as-user.ts';
import { leaveOut, machineTest } from '../machines.ts';
import { leftOf } from './leftovers.ts';
import { home, lightv, pipeline, run } from './lightv.ts';

/** LightV with a state folder on a file system of its own, of 48 MiB. */
const small = ['unshare', '--mount', 'sh', '-c', 'mkdir -p "$0" && mount -t tmpfs -o size=48m tmpfs "$0" && exec "$@"'];

for (const level of ['sandbox', 'microvm'] as const satisfies readonly IsolationLevel[]) {
  machineTest(level, `${level}: what a step writes beyond the room of the host is a fault of the host, not lost`, (t) =>
    fill(t, level),
  );
}

for (const [what, mount, told] of [
  [
    'without room',
    'mount -t tmpfs -o size=1m tmpfs "$0"; head -c 2M /dev/zero >"$0/fill" || true',
    /no room is left in/,
  ],
  ['that is mounted read-only', 'mount -t tmpfs -o ro tmpfs "$0"', /read-only file system/],
] as const) {
  asRoot(`a state folder ${what} is a fault of the host that says so`, async (t) => {
    const folder = home(t);
    const script = `set -e; mkdir "$0"; ${mount}; exec "$@"`;
    const through = ['unshare', '--mount', 'sh', '-c', script, join(folder, 'state')];
    const end = await lightv(t, folder, ['ps'], { through });
    t.is(end.code, 3, end.stderr);
    t.regex(end.stderr, told);
  });
}

async function fill(t: ExecutionContext, level: IsolationLevel): Promise<void> {
  if (process.getuid?.() !== 0) {
    leaveOut(t, 'only root can mount a small file system');
    return;
  }
  t.timeout(180_000);
  const folder = home(t);
  const write = 'head -c 90000000 /dev/urandom >big; sync; echo wrote';
  const file = pipeline(folder, `fill:\n  steps:\n    - run: ${write}`, `isolation: ${level}`);
  const end = await run(t, folder, file, [], { through: [...small, join(folder, 'state')] });
  t.is(end.code, 3, end.stderr);
  t.regex(JSON.stringify(end.events) + end.stderr, /no room is left|No space left|disk is full/);
  t.deepEqual(leftOf(end.events[0]?.run ?? '', folder), []);
}
