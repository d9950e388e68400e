import { HostFault } from '../host/fault.ts';
import type { Accel, ChooseMachine, MachineChoice, MachineWish, Probe, VmBackend } from '../model/machine.ts';
import type { IsolationLevel } from '../model/workflow.ts';

/** Strongest first; `auto` goes down this list. */
const levels: readonly IsolationLevel[] = ['microvm', 'gvisor', 'sandbox'];

type UsableProbe = Extract<Probe, { usable: true }>;

/**
 * Chooses among backends by what their probes find; each is probed once, when it is first asked for. `auto` takes a
 * microVM only where KVM was shown to work, then gVisor, then the sandbox, and never TCG. A level asked for by name is
 * taken or refused: a `HostFault` says what is missing.
 */
export function machineChooser(backends: readonly VmBackend[]): ChooseMachine {
  const probes = new Map<VmBackend, Promise<Probe>>();
  const probe = (backend: VmBackend): Promise<Probe> => {
    const known = probes.get(backend) ?? backend.probe();
    probes.set(backend, known);
    return known;
  };
  return async (wish) =>
    wish.isolation === 'auto' ? chooseStrongest(backends, probe, wish) : chooseNamed(backends, probe, wish);
}

type AskProbe = (backend: VmBackend) => Promise<Probe>;

async function chooseNamed(backends: readonly VmBackend[], probe: AskProbe, wish: MachineWish): Promise<MachineChoice> {
  const level = wish.isolation as IsolationLevel;
  const backend = backends.find((one) => one.isolation === level);
  if (backend === undefined) {
    throw new HostFault(`run a step at the level ${level}`, `${level} is not built into this version of LightV yet`);
  }
  const found = await probe(backend);
  if (!found.usable) {
    throw new HostFault(`run a step at the level ${level}`, found.reason);
  }
  return level === 'microvm' ? accelerated(backend, found, wish.accel) : taken(backend, found, 'as asked', false);
}

/** A microVM by name falls back from KVM to TCG, unless KVM itself was asked for. */
function accelerated(backend: VmBackend, found: UsableProbe, asked: Accel | undefined): MachineChoice {
  if (asked === 'kvm' && found.accel !== 'kvm') {
    throw new HostFault('run a step in a microVM under KVM', found.detail);
  }
  const accel = asked ?? found.accel;
  const slow = accel === 'tcg' && asked === undefined;
  const reason = asked === undefined ? found.detail : `${accel}, as asked`;
  return { ...taken(backend, found, reason, slow), ...(accel === undefined ? {} : { accel }) };
}

async function chooseStrongest(
  backends: readonly VmBackend[],
  probe: AskProbe,
  wish: MachineWish,
): Promise<MachineChoice> {
  const passedOver: string[] = [];
  for (const level of levels) {
    const backend = backends.find((one) => one.isolation === level);
    if (backend === undefined) {
      continue;
    }
    const found = await probe(backend);
    const why = unfit(found, wish.accel);
    if (why === undefined && found.usable) {
      const reason = ['the strongest that works here', ...passedOver].join('; ');
      const accel = level === 'microvm' ? found.accel : undefined;
      return { ...taken(backend, found, reason, false), ...(accel === undefined ? {} : { accel }) };
    }
    passedOver.push(`${level} is not: ${why}`);
  }
  throw new HostFault('find a level of isolation that works here', passedOver.join('; ') || 'there is no backend');
}

/** Why `auto` passes a level over, or `undefined`. TCG is for those who name it. */
function unfit(found: Probe, asked: Accel | undefined): string | undefined {
  if (!found.usable) {
    return found.reason;
  }
  return found.accel === 'tcg' && asked !== 'tcg' ? found.detail : undefined;
}

function taken(backend: VmBackend, found: UsableProbe, why: string, fallback: boolean): MachineChoice {
  const reason = why === found.detail ? why : `${found.detail}, ${why}`;
  return { backend, isolation: backend.isolation, reason: `${backend.isolation}: ${reason}`, fallback };
}
