import { execFileSync } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { HostFault } from '../../runner/host/fault.ts';
import { guestAgent } from '../../runner/image/agent.ts';
import { guestKernel } from '../../runner/image/kernel.ts';
import { vmlinuxOf } from '../../runner/image/vmlinux.ts';
import { inFolder } from '../ground/folder.ts';
import { unpackCpio } from './unpack-cpio.ts';

test.serial('the initrd holds the agent, and every module in the order file', (t) =>
  inFolder(async (folder) => {
    const kernel = await guestKernel({ network: true });
    t.true((await stat(kernel.vmlinuz)).size > 1_000_000);
    await unpackCpio(await readFile(kernel.initrd), folder);
    t.true((await readFile(join(folder, 'init'))).equals(await readFile(await guestAgent())));
    t.is((await stat(join(folder, 'init'))).mode & 0o777, 0o755);
    const order = (await readFile(join(folder, 'modules/order'), 'utf8')).trim().split('\n');
    t.true(order.indexOf('virtio.ko') < order.indexOf('virtio_net.ko'));
    for (const name of order) {
      const module = await readFile(join(folder, 'modules', name));
      t.is(module.toString('latin1', 1, 4), 'ELF');
    }
  }),
);

test.serial('two callers at once get the same files, and only a machine with a network loads its driver', async (t) => {
  const [one, two] = await Promise.all([guestKernel(), guestKernel()]);
  t.deepEqual(one, two);
  const network = await guestKernel({ network: true });
  t.not(network.digest, one.digest);
  t.false((await readFile(one.initrd)).includes('virtio_net.ko'));
});

test.serial('a kernel of LIGHTV_KERNEL that is not there is a host fault that names the variables', async (t) => {
  process.env.LIGHTV_KERNEL = '/nowhere/vmlinuz-1.2.3';
  try {
    await t.throwsAsync(guestKernel(), { instanceOf: HostFault, message: /LIGHTV_KERNEL.*nowhere/s });
  } finally {
    delete process.env.LIGHTV_KERNEL;
  }
});

test.serial('a kernel of LIGHTV_KERNEL without the modules a machine needs names them', (t) =>
  inFolder(async (folder) => {
    await writeFile(join(folder, 'vmlinuz-9'), 'a kernel');
    execFileSync('mkdir', ['-p', join(folder, 'modules/kernel')]);
    await writeFile(join(folder, 'modules/modules.builtin'), 'kernel/fs/ext4/ext4.ko\n');
    process.env.LIGHTV_KERNEL = join(folder, 'vmlinuz-9');
    process.env.LIGHTV_KERNEL_MODULES = join(folder, 'modules');
    try {
      await t.throwsAsync(guestKernel(), { instanceOf: HostFault, message: /virtio_mmio.*squashfs.*overlay/ });
    } finally {
      delete process.env.LIGHTV_KERNEL;
      delete process.env.LIGHTV_KERNEL_MODULES;
    }
  }),
);

test('what is no bzImage has no kernel to unpack', async (t) => {
  t.is(await vmlinuxOf(Buffer.alloc(4096)), undefined);
  t.is(await vmlinuxOf(Buffer.from('short')), undefined);
});
