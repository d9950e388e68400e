import { accessSync, constants, existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { attempt } from '../../host/attempt.ts';
import { sha256 } from '../../host/digest.ts';
import { causeText } from '../../host/fault.ts';
import { writeWhole } from '../../host/in-place.ts';
import { cacheFolder } from '../../host/paths.ts';
import { runProgram } from '../../host/process.ts';
import { startTied } from '../../host/start.ts';
import { type GuestKernel, guestKernel } from '../../image/kernel.ts';
import { ConsoleTail } from './console.ts';

export type KvmAnswer = { readonly usable: true } | { readonly usable: false; readonly reason: string };

/** Milliseconds the guest kernel has to reach its init under KVM; where KVM works it takes a fraction of a second. */
const bootTime = 10_000;
/** What the kernel says when init has loaded this module: by then it runs programs. */
const sign = /squashfs: version/;

/**
 * Whether KVM can run the guest kernel. A device that opens proves nothing, so the real kernel is booted under it once,
 * for at most 10 s; the answer is kept for this host, kernel and QEMU. `fresh`: ask again. Rejects with a `HostFault`
 * where there is no guest kernel or QEMU.
 */
export async function probeKvm(options: { readonly fresh?: boolean } = {}): Promise<KvmAnswer> {
  const device = deviceAnswer();
  if (!device.usable) {
    return device;
  }
  const kernel = await guestKernel();
  const file = join(cacheFolder(), 'hosts', `kvm-answer-${await hostKey(kernel)}.json`);
  if (options.fresh !== true && existsSync(file)) {
    return attempt('read what is known of KVM', async () => JSON.parse(await readFile(file, 'utf8')) as KvmAnswer);
  }
  const answer = await bootUnderKvm(kernel);
  await writeWhole(file, JSON.stringify(answer));
  return answer;
}

function deviceAnswer(): KvmAnswer {
  if (!existsSync('/dev/kvm')) {
    return { usable: false, reason: 'this host has no /dev/kvm' };
  }
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
    return { usable: true };
  } catch (error) {
    return { usable: false, reason: `/dev/kvm is not ours to open (join the group "kvm"): ${causeText(error)}` };
  }
}

async function hostKey(kernel: GuestKernel): Promise<string> {
  const { stdout } = await runProgram('ask QEMU for its version', ['qemu-system-x86_64', '--version']);
  const host = await attempt('describe this host', async () => {
    const cpu = await readFile('/proc/cpuinfo', 'utf8');
    return [await readFile('/proc/version', 'utf8'), /^model name.*$/m.exec(cpu)?.[0] ?? ''];
  });
  return sha256([kernel.digest, stdout, ...host].join('\n')).slice(0, 24);
}

async function bootUnderKvm(kernel: GuestKernel): Promise<KvmAnswer> {
  const argv = ['qemu-system-x86_64', '-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none'];
  const machine = ['-M', 'microvm,pit=off,pic=off,rtc=on', '-accel', 'kvm', '-cpu', 'host', '-m', '192M'];
  const guest = ['-kernel', kernel.vmlinuz, '-initrd', kernel.initrd, '-append', 'console=ttyS0 reboot=t panic=-1'];
  const process = startTied([...argv, ...machine, ...guest, '-serial', 'stdio'], 'probe');
  const console = new ConsoleTail();
  console.follow(process.stderr);
  const seen = new Promise<'up'>((resolve) => {
    process.stdout.on('data', (chunk: Buffer) => {
      console.push(chunk);
      if (console.lines(40).some((line) => sign.test(line))) {
        resolve('up');
      }
    });
  });
  const timer = new AbortController();
  const late = delay(bootTime, `did not come up within ${bootTime / 1000} s`, { signal: timer.signal }).catch(() => '');
  const word = await Promise.race([seen, process.ended, late]);
  timer.abort();
  process.kill();
  await process.ended;
  return word === 'up' ? { usable: true } : { usable: false, reason: refusal(word, console) };
}

function refusal(word: string, console: ConsoleTail): string {
  const words = console.lines(40);
  // A QEMU that was killed by a signal ran into one of its own assertions, which says nothing to a user.
  const telling = word.includes('killed')
    ? undefined
    : (words.find((line) => /kvm|emulation/i.test(line)) ?? words.at(-1));
  const how = word.startsWith('did not') ? `the guest kernel ${word}` : `QEMU ${word}`;
  return `/dev/kvm opens but cannot run a guest (${how}${telling === undefined ? '' : `: ${telling}`})`;
}
