import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { IsolationLevel } from '../../runner/model/workflow.ts';
import { leaveOut, machineTest } from '../machines.ts';
import { leftOf } from './leftovers.ts';
import { home, pipeline, run } from './lightv.ts';

/** LightV with a state folder on a file system of its own, of 48 MiB. */
const small = ['unshare', '--mount', 'sh', '-c', 'mkdir -p "$0" && mount -t tmpfs -o size=48m tmpfs "$0" && exec "$@"'];

for (const level of ['sandbox', 'microvm'] as const satisfies readonly IsolationLevel[]) {
  machineTest(level, `${level}: what a step writes beyond the room of the host is a fault of the host, not lost`, (t) =>
    fill(t, level),
  );
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
