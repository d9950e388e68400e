import type { OwnCase } from './bench.ts';
import { run, text } from './script.ts';

export const forks: OwnCase = async (t, bench) => {
  const first = await bench.boot();
  await run(first, 'echo base > /workspace/file; echo temporary > /tmp/file; ln -s file link');
  await first.destroy();
  const [left, right] = await Promise.all([bench.boot({}, first.disk), bench.boot({}, first.disk)]);
  try {
    t.is(await text(left, 'cat /workspace/file /tmp/file /workspace/link'), 'base\ntemporary\nbase\n');
    await Promise.all([run(left, 'echo left > file; sync'), run(right, 'echo right > file; sync')]);
    t.is(await text(left, 'cat file'), 'left\n');
    t.is(await text(right, 'cat file'), 'right\n');
  } finally {
    await Promise.all([left.destroy(), right.destroy()]);
  }
  const again = await bench.machine(t, {}, first.disk);
  t.is(await text(again, 'cat file'), 'base\n');
};

/** What is installed, or removed, outside the workspace stays so. */
export const wholeDisk: OwnCase = async (t, bench) => {
  const first = await bench.boot();
  await run(first, 'mkdir -p /opt; echo o > /opt/o; rm -r /var');
  await first.destroy();
  const next = await bench.machine(t, {}, first.disk);
  t.is(await text(next, 'cat /opt/o; test -e /var || echo removed'), 'o\nremoved\n');
};
