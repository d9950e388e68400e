import type { GuestNetwork } from '../../guest/agent.ts';
import { HostFault } from '../../host/fault.ts';
import type { VmSpec } from '../../model/machine.ts';
import type { NetworkCard } from './arguments.ts';

export interface MachineNetwork {
  readonly card: NetworkCard;
  readonly guest: GuestNetwork;
  close(): Promise<void>;
}

export async function openNetwork(spec: VmSpec, _signal: AbortSignal): Promise<MachineNetwork> {
  throw new HostFault(`give the machine ${spec.id} a network`, 'not built');
}
