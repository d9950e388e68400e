import { execFileSync } from 'node:child_process';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { HostFault, WrongInput } from '../../runner/host/fault.ts';
import { makeDisk } from '../../runner/image/disk.ts';
import type { Disk } from '../../runner/model/machine.ts';
import { inFolder } from '../ground/folder.ts';
import { never } from '../ground/never.ts';

const size = 64 * 1024 * 1024;

/** A clean ext4 says nothing and exits 0 under a forced check. */
function check(raw: string): void {
  execFileSync('/sbin/e2fsck', ['-f', '-n', raw], { stdio: 'pipe' });
}

function put(raw: string, name: string, text: string, folder: string): Promise<void> {
  const file = join(folder, 'contents');
  return writeFile(file, text).then(() => {
    execFileSync('/sbin/debugfs', ['-w', '-R', `write ${file} ${name}`, raw], { stdio: 'pipe' });
  });
}

function get(raw: string, name: string): string {
  return execFileSync('/sbin/debugfs', ['-R', `cat ${name}`, raw], { stdio: ['ignore', 'pipe', 'pipe'] }).toString();
}

test('an empty raw disk is a clean ext4 that takes next to no room', (t) =>
  inFolder(async (folder) => {
    const disk = await makeDisk({ path: join(folder, 'job'), size: 10 * 1024 ** 3 }, 'raw', never);
    t.deepEqual(disk, { path: join(folder, 'job.raw'), format: 'raw', size: 10 * 1024 ** 3 });
    const { size: length, blocks } = await stat(disk.path);
    t.is(length, 10 * 1024 ** 3);
    t.true(blocks * 512 < 16 * 1024 ** 2, `${blocks * 512} bytes in use`);
    t.notThrows(() => check(disk.path));
  }));

test('an empty qcow2 disk holds the same file system', (t) =>
  inFolder(async (folder) => {
    const disk = await makeDisk({ path: join(folder, 'job'), size }, 'qcow2', never);
    const flat = await makeDisk({ path: join(folder, 'flat'), size: 1, parent: disk }, 'raw', never);
    t.is(flat.size, size);
    t.notThrows(() => check(flat.path));
    t.deepEqual((await readdir(folder)).sort(), ['flat.raw', 'job.qcow2']);
  }));

test('forks see what the parent held, go apart from each other, and leave the parent as it was', (t) =>
  inFolder(async (folder) => {
    const parent = await makeDisk({ path: join(folder, 'parent'), size }, 'raw', never);
    await put(parent.path, 'origin', 'from the parent', folder);
    const before = await readFile(parent.path);

    const one = await makeDisk({ path: join(folder, 'one'), size, parent }, 'raw', never);
    await put(one.path, 'mine', 'one', folder);
    const two = await makeDisk({ path: join(folder, 'two'), size, parent }, 'qcow2', never);
    const deeper = await makeDisk({ path: join(folder, 'deeper'), size, parent: two }, 'qcow2', never);
    const flat = await makeDisk({ path: join(folder, 'flat'), size, parent: deeper }, 'raw', never);

    t.is(get(one.path, 'origin'), 'from the parent');
    t.is(get(one.path, 'mine'), 'one');
    t.is(get(flat.path, 'origin'), 'from the parent');
    t.is(get(flat.path, 'mine'), '');
    t.true(before.equals(await readFile(parent.path)));
    t.true((await stat(two.path)).blocks * 512 < 1024 ** 2);
  }));

test('a raw disk dressed up as qcow2 by its guest is still read as raw', (t) =>
  inFolder(async (folder) => {
    const secret = join(folder, 'secret');
    await writeFile(secret, 'host file'.padEnd(512));
    const parent = await makeDisk({ path: join(folder, 'parent'), size }, 'raw', never);
    const trap = join(folder, 'trap');
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', secret, '-F', 'raw', trap]);
    execFileSync('dd', [`if=${trap}`, `of=${parent.path}`, 'conv=notrunc', 'status=none']);
    const child = await makeDisk({ path: join(folder, 'child'), size, parent }, 'qcow2', never);
    const flat = await makeDisk({ path: join(folder, 'flat'), size, parent: child }, 'raw', never);
    const head = (await readFile(flat.path)).subarray(0, 4);
    t.deepEqual([...head], [...Buffer.from('QFI\xfb', 'latin1')]);
    t.is((await stat(flat.path)).size, size);
  }));

test('a disk in memory cannot be forked, a tiny one not be made, and neither leaves a file', (t) =>
  inFolder(async (folder) => {
    const parent: Disk = { path: '/proc/1/root', format: 'holder', size };
    const fault = await t.throwsAsync(makeDisk({ path: join(folder, 'a'), size, parent }, 'raw', never), {
      instanceOf: HostFault,
    });
    t.regex(fault?.message ?? '', /memory/);
    await t.throwsAsync(makeDisk({ path: join(folder, 'b'), size: 1024 }, 'raw', never), { instanceOf: WrongInput });
    t.deepEqual(await readdir(folder), []);
  }));

test('a host that cannot hold the disk is a host fault', async (t) => {
  const path = '/dev/full/job';
  await t.throwsAsync(makeDisk({ path, size }, 'raw', never), { instanceOf: HostFault, message: /make a disk/ });
});

test('a disk is never made over another one', (t) =>
  inFolder(async (folder) => {
    await writeFile(join(folder, 'job.raw'), 'in use');
    await t.throwsAsync(makeDisk({ path: join(folder, 'job'), size }, 'raw', never), { instanceOf: HostFault });
    t.is(await readFile(join(folder, 'job.raw'), 'utf8'), 'in use');
  }));

test('an aborted disk leaves nothing', (t) =>
  inFolder(async (folder) => {
    const reason = new Error('stopped');
    const controller = new AbortController();
    const making = makeDisk({ path: join(folder, 'job'), size }, 'qcow2', controller.signal);
    controller.abort(reason);
    t.is(await t.throwsAsync(making), reason);
    t.deepEqual(await readdir(folder), []);
  }));
