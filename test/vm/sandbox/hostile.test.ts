import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { runProgram } from '../../../runner/host/process.ts';
import { openImage } from '../../../runner/image/open.ts';
import type { Disk, MicroVm, VmSpec } from '../../../runner/model/machine.ts';
import { sandboxBackend } from '../../../runner/vm/sandbox/backend.ts';
import { folder as freshFolder } from '../../ground/folder.ts';
import { never } from '../../ground/never.ts';

let count = 0;

async function specIn(folder: string, changes: Partial<VmSpec> = {}, parent?: Disk): Promise<VmSpec> {
  count += 1;
  return {
    ...{ id: `h${count}`, run: `hostile-${process.pid}`, scratch: folder, image: await openImage('busybox') },
    limits: { cpu: 1, memory: 128 * 1024 ** 2, processes: 64 },
    required: [],
    disk: { path: join(folder, `disk-${count}`), size: 64 * 1024 ** 2, ...(parent ? { parent } : {}) },
    network: { kind: 'none' },
    ports: [],
    tools: [],
    folders: ['/workspace', '/tmp', '/root'],
    binds: [],
    hostname: 'hostile',
    bootDeadline: 20_000,
    ...changes,
  };
}

async function sh(machine: MicroVm, script: string): Promise<string> {
  let text = '';
  const write = async (_stream: string, chunk: Uint8Array) => {
    text += Buffer.from(chunk).toString();
  };
  const env = { PATH: '/bin:/sbin:/usr/bin:/usr/sbin' };
  await machine.exec({ argv: ['sh', '-c', script], env, cwd: '/', grace: 500 }, { write }, never);
  return text;
}

test('links that an earlier guest left on the disk lead the next start nowhere on the host', async (t) => {
  const folder = freshFolder(t);
  const target = join(folder, 'host');
  await mkdir(target);
  await writeFile(join(target, 'resolv.conf'), 'the host’s');
  const first = await sandboxBackend().boot(await specIn(folder), never);
  await sh(first, `rm -rf /etc /workspace /sys; for n in /etc /workspace /sys; do ln -s ${target} $n; done`);
  await first.destroy();
  const next = await sandboxBackend().boot(await specIn(folder, {}, first.disk), never);
  t.is(await sh(next, 'test -d /etc && test ! -L /etc && cat /etc/hosts | head -n 1'), '127.0.0.1 localhost hostile\n');
  await next.destroy();
  t.deepEqual(await readdir(target), ['resolv.conf']);
  t.is(await readFile(join(target, 'resolv.conf'), 'utf8'), 'the host’s');
});

test('links in the place of a disk’s own folders are removed and lead nowhere on the host', async (t) => {
  const folder = freshFolder(t);
  const target = join(folder, 'host');
  await mkdir(target);
  const first = await sandboxBackend().boot(await specIn(folder), never);
  await first.destroy();
  // As a microVM's root can, which writes the disk's blocks.
  const script = 'debugfs -w -R "unlink folders" "$1" && debugfs -w -R "symlink folders $2" "$1"';
  await runProgram('spoil a disk', ['sh', '-c', script, 'sh', first.disk.path, target], {
    env: { PATH: '/usr/sbin:/sbin:/usr/bin:/bin' },
  });
  const next = await sandboxBackend().boot(await specIn(folder, {}, first.disk), never);
  t.is(await sh(next, 'echo here >/workspace/file; cat /workspace/file'), 'here\n');
  await next.destroy();
  t.deepEqual(await readdir(target), []);
});

test('what the host’s kernel would do for its root is refused', async (t) => {
  const machine = await sandboxBackend().boot(await specIn(freshFolder(t)), never);
  t.teardown(() => machine.destroy());
  for (const attempt of [
    'mknod /tmp/disk b 254 0',
    'mount -t proc proc /tmp',
    'umount /proc/sys',
    'unshare -r true',
    'echo core >/proc/sys/kernel/core_pattern',
    'hostname other',
    'date -s 2000-01-01; test $(date +%Y) = 2000',
  ]) {
    t.notRegex(await sh(machine, `{ ${attempt}; } >/dev/null 2>&1 && echo done`), /done/, attempt);
  }
  t.is(await sh(machine, 'touch /tmp/a && chown 33:44 /tmp/a; stat -c %u:%g /tmp/a'), '33:44\n');
});
