import type { MicroVm, VmBackend, VmSpec } from '../../model/machine.ts';
import { bootSandbox } from './boot.ts';
import type { GroundOptions } from './ground.ts';
import { Networks } from './networks.ts';
import { probeSandbox } from './probe.ts';

/** Machines without a kernel of their own: namespaces, a seccomp filter and control groups, by bubblewrap. */
export function sandboxBackend(options: GroundOptions = {}): VmBackend {
  const networks = new Networks();
  return {
    name: 'bubblewrap',
    isolation: 'sandbox',
    probe: probeSandbox,
    boot: (spec: VmSpec, signal: AbortSignal): Promise<MicroVm> => bootSandbox(spec, signal, networks, options),
    endRun: (run) => networks.end(run),
  };
}
