import { probeCgroup } from '../../host/cgroup.ts';
import { missingNeeds } from '../../host/packages.ts';
import { haveGuestKernel } from '../../image/kernel.ts';
import type { Accel, LimitReport, Probe } from '../../model/machine.ts';
import { type KvmAnswer, probeKvm } from './kvm.ts';

/** Whether microVMs can be run here. `accel`: only that way; left out: KVM where it works, else TCG. */
export async function probeQemu(accel?: Accel): Promise<Probe> {
  const missing = missingNeeds(['microvm']);
  if (missing.length > 0) {
    const names = [...new Set(missing.map((need) => need.package))];
    const what = missing.map((need) => need.present).join(', ');
    return { usable: false, reason: `${what} missing: apt-get install ${names.join(' ')}` };
  }
  if (!(await haveGuestKernel())) {
    return { usable: false, reason: 'the guest kernel is not prepared: run "lightv setup", or set LIGHTV_KERNEL' };
  }
  const limits = await limitReport();
  if (accel === 'tcg') {
    return { usable: true, detail: 'QEMU without acceleration (TCG), as asked', accel, limits };
  }
  const kvm = await probeKvm();
  if (accel === 'kvm' && !kvm.usable) {
    return { usable: false, reason: kvm.reason };
  }
  return { usable: true, ...described(kvm), limits };
}

function described(kvm: KvmAnswer): { readonly detail: string; readonly accel: Accel } {
  return kvm.usable
    ? { detail: 'QEMU with KVM', accel: 'kvm' }
    : { detail: `QEMU without acceleration (TCG): ${kvm.reason}`, accel: 'tcg' };
}

async function limitReport(): Promise<LimitReport> {
  const { cpu } = await probeCgroup();
  return {
    memory: { bound: true, by: 'the memory the guest has' },
    cpu: cpu.bound ? cpu : { bound: false, reason: `whole CPUs only, no fractions: ${cpu.reason}` },
    processes: { bound: true, by: "the guest kernel's threads-max" },
    disk: { bound: true, by: "the size of the job's disk" },
  };
}
