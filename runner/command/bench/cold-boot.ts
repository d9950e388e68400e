import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from '../../host/process.ts';
import { type CpioEntry, cpioArchive } from '../../image/cpio.ts';
import { type GuestKernel, guestKernel } from '../../image/kernel.ts';
import { openImage } from '../../image/open.ts';
import { imageTree } from '../../image/tree.ts';
import { qemuBackend } from '../../vm/qemu/backend.ts';
import { tscKilohertz } from '../../vm/qemu/tsc.ts';
import { openGround } from './ground.ts';
import { takeTurns } from './measure.ts';
import { compared, type Section } from './section.ts';

/** A microVM booted cold under TCG until its agent answers, beside QEMU alone that boots a busybox and resets. */
export async function coldBoot(rounds: number): Promise<Section> {
  const image = await openImage('busybox');
  const kernel = await guestKernel();
  const ground = await openGround();
  const backend = qemuBackend();
  const never = new AbortController().signal;
  const initrd = join(ground.folder, 'bare.cpio');
  await writeFile(initrd, await bareInitrd(join(await imageTree(image), 'bin/busybox')));
  const ours = async () => {
    const machine = await backend.boot({ ...ground.spec(image), accel: 'tcg' }, never);
    await machine.destroy();
  };
  const clock = await tscKilohertz();
  const bare = async () => {
    await runProgram('run QEMU', bareQemu(kernel, initrd, clock));
  };
  try {
    const contenders = [
      { name: 'lightv, microvm: boot to hello, destroy', run: ours },
      { name: 'QEMU alone: same kernel, busybox, reset', run: bare },
    ];
    return compared('A cold boot, microVM under TCG', await takeTurns(contenders, rounds));
  } finally {
    await ground.close();
  }
}

async function bareInitrd(busybox: string): Promise<Buffer> {
  const entries: CpioEntry[] = [
    { name: 'busybox', mode: 0o755, contents: await readFile(busybox) },
    { name: 'init', mode: 0o755, contents: Buffer.from('#!/busybox sh\nexec /busybox reboot -f\n') },
  ];
  return cpioArchive(entries);
}

function bareQemu(kernel: GuestKernel, initrd: string, clock: number): readonly [string, ...string[]] {
  const machine = ['-M', 'microvm', '-accel', 'tcg,thread=multi', '-cpu', 'max,la57=off', '-m', '256M'];
  const quiet = ['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none', '-serial', 'stdio'];
  const line = `console=ttyS0 quiet reboot=t panic=-1 tsc_early_khz=${clock} tsc=reliable`;
  const boot = ['-kernel', kernel.vmlinuz, '-initrd', initrd, '-append', line];
  return ['qemu-system-x86_64', ...machine, ...quiet, ...boot];
}
