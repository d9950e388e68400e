import type { Accel, MicroVm, Probe, VmBackend, VmSpec } from '../../model/machine.ts';
import { bootQemu } from './boot.ts';
import { probeKvm } from './kvm.ts';
import { probeQemu } from './probe.ts';

export interface QemuOptions {
  /** Used where a spec names none. Left out: KVM where it was shown to run the guest kernel, else TCG. */
  readonly accel?: Accel;
}

/** Machines with a kernel of their own: QEMU's `microvm`. */
export function qemuBackend(options: QemuOptions = {}): VmBackend {
  return {
    name: 'qemu',
    isolation: 'microvm',
    probe: (): Promise<Probe> => probeQemu(options.accel),
    boot: async (spec: VmSpec, signal: AbortSignal): Promise<MicroVm> => {
      const accel = spec.accel ?? options.accel ?? ((await probeKvm()).usable ? 'kvm' : 'tcg');
      return bootQemu(spec, accel, signal);
    },
  };
}
