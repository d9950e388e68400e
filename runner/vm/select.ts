import { HostFault } from '../host/fault.ts';
import type { Accel, ChooseMachine, MachineChoice, MachineWish, Probe, VmBackend } from '../model/machine.ts';
import type { IsolationLevel } from '../model/workflow.ts';

export interface ChooserOptions {
  /** Given on the command line: settles how microVMs are accelerated for every wish that names nothing else. */
  readonly accel?: Accel;
}

/** What `auto` takes, strongest first. A WebAssembly module is no machine for a shell script. */
const automatic = ['microvm', 'gvisor', 'sandbox'] as const satisfies readonly IsolationLevel[];

/** Makes the choice of a backend for a step; each backend is probed once, when first asked about. */
export function machineChooser(backends: readonly VmBackend[], options: ChooserOptions = {}): ChooseMachine {
  const probes = new Map<VmBackend, Promise<Probe>>();
  const probe = (backend: VmBackend): Promise<Probe> => {
    const known = probes.get(backend) ?? backend.probe();
    probes.set(backend, known);
    return known;
  };
  const find = (level: IsolationLevel) => backends.find((backend) => backend.isolation === level);
  return async (wish: MachineWish) => {
    const accel = wish.accel ?? options.accel;
    return wish.isolation === 'auto'
      ? chooseAutomatic(find, probe, accel)
      : chooseNamed(wish.isolation, find(wish.isolation), probe, accel);
  };
}

type Find = (level: IsolationLevel) => VmBackend | undefined;
type ProbeOnce = (backend: VmBackend) => Promise<Probe>;

/** TCG counts here only when it was asked for: it is an emulator, not a level of protection anybody waits for. */
async function chooseAutomatic(find: Find, probe: ProbeOnce, accel: Accel | undefined): Promise<MachineChoice> {
  const refused: string[] = [];
  for (const level of automatic) {
    const backend = find(level);
    if (backend === undefined) {
      continue;
    }
    const answer = await probe(backend);
    const why = whyNotAutomatic(level, answer, accel);
    if (why === undefined && answer.usable) {
      const because = refused.length === 0 ? answer.detail : `${answer.detail}; ${refused.join('; ')}`;
      return choice(backend, level === 'microvm' ? (accel ?? 'kvm') : undefined, `${level}: ${because}`, false);
    }
    refused.push(`${level} is not usable: ${why}`);
  }
  throw new HostFault('find a way to isolate steps here', refused.join('; ') || 'no backend is there');
}

function whyNotAutomatic(level: IsolationLevel, answer: Probe, accel: Accel | undefined): string | undefined {
  if (!answer.usable) {
    return answer.reason;
  }
  if (level !== 'microvm' || accel === 'tcg' || answer.accel === 'kvm') {
    return undefined;
  }
  return `KVM does not work here (${answer.detail})`;
}

async function chooseNamed(
  level: IsolationLevel,
  backend: VmBackend | undefined,
  probe: ProbeOnce,
  accel: Accel | undefined,
): Promise<MachineChoice> {
  const attempted = `isolate a step as "${level}"`;
  if (backend === undefined) {
    throw new HostFault(attempted, 'LightV has no backend for this level yet');
  }
  const answer = await probe(backend);
  if (!answer.usable) {
    throw new HostFault(attempted, answer.reason);
  }
  if (level !== 'microvm') {
    return choice(backend, undefined, `${level}: ${answer.detail}`, false);
  }
  if (accel === 'kvm' && answer.accel !== 'kvm') {
    throw new HostFault(`${attempted} under KVM`, answer.detail);
  }
  const taken = accel ?? answer.accel ?? 'tcg';
  const slower = taken === 'tcg' && accel !== 'tcg';
  const words = accel === 'tcg' ? 'microvm under TCG, as asked' : `microvm: ${answer.detail}`;
  return choice(backend, taken, words, slower);
}

function choice(backend: VmBackend, accel: Accel | undefined, reason: string, fallback: boolean): MachineChoice {
  return { backend, isolation: backend.isolation, ...(accel === undefined ? {} : { accel }), reason, fallback };
}
