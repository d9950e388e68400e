import test from 'ava';
import { HostFault } from '../../runner/host/fault.ts';
import type { MachineWish, Probe, VmBackend } from '../../runner/model/machine.ts';
import type { IsolationLevel } from '../../runner/model/workflow.ts';
import { machineChooser } from '../../runner/vm/select.ts';

function backend(isolation: IsolationLevel, probe: Probe, onProbe = () => {}): VmBackend {
  return {
    name: isolation,
    isolation,
    probe: async () => {
      onProbe();
      return probe;
    },
    boot: () => Promise.reject(new Error('not asked for')),
  };
}

const kvm = backend('microvm', { usable: true, detail: 'QEMU with KVM', accel: 'kvm' });
const tcg = backend('microvm', { usable: true, detail: 'TCG: KVM opens but cannot run a guest', accel: 'tcg' });
const noQemu = backend('microvm', { usable: false, reason: 'apt-get install qemu-system-x86' });
const sandbox = backend('sandbox', { usable: true, detail: 'bubblewrap' });
const noSandbox = backend('sandbox', { usable: false, reason: 'apt-get install bubblewrap' });
const wish = (isolation: MachineWish['isolation'], accel?: 'kvm' | 'tcg'): MachineWish => ({
  isolation,
  network: { kind: 'none' },
  ...(accel ? { accel } : {}),
});

test('auto takes a microVM where KVM works', async (t) => {
  const { isolation, accel, fallback } = await machineChooser([kvm, sandbox])(wish('auto'));
  t.deepEqual({ isolation, accel, fallback }, { isolation: 'microvm', accel: 'kvm', fallback: false });
});

test('auto never takes TCG by itself, and says why', async (t) => {
  const choice = await machineChooser([tcg, sandbox])(wish('auto'));
  t.is(choice.isolation, 'sandbox');
  t.regex(choice.reason, /KVM opens but cannot run a guest/);
  t.is((await machineChooser([tcg, sandbox], { accel: 'tcg' })(wish('auto'))).isolation, 'microvm');
  await t.throwsAsync(machineChooser([tcg, noSandbox])(wish('auto')), { instanceOf: HostFault, message: /bubblewrap/ });
});

test('a microVM by name falls back to TCG and says so', async (t) => {
  const choice = await machineChooser([tcg, sandbox])(wish('microvm'));
  t.deepEqual([choice.isolation, choice.accel, choice.fallback], ['microvm', 'tcg', true]);
  t.regex(choice.reason, /KVM opens but cannot run a guest/);
  const asked = await machineChooser([tcg])(wish('microvm', 'tcg'));
  t.deepEqual([asked.accel, asked.fallback], ['tcg', false]);
});

test('an acceleration that was named settles it', async (t) => {
  await t.throwsAsync(machineChooser([tcg], { accel: 'kvm' })(wish('microvm')), { instanceOf: HostFault });
  t.is((await machineChooser([kvm], { accel: 'kvm' })(wish('microvm', 'tcg'))).accel, 'tcg');
});

test('a level that is not usable is a fault that says what is missing', async (t) => {
  await t.throwsAsync(machineChooser([noQemu, sandbox])(wish('microvm')), { message: /qemu-system-x86/ });
  await t.throwsAsync(machineChooser([sandbox])(wish('gvisor')), { instanceOf: HostFault, message: /gvisor/ });
});

test('each backend is probed once', async (t) => {
  let probes = 0;
  const counted = backend('sandbox', { usable: true, detail: 'bubblewrap' }, () => {
    probes += 1;
  });
  const choose = machineChooser([counted]);
  await Promise.all([choose(wish('auto')), choose(wish('sandbox')), choose(wish('auto'))]);
  t.is(probes, 1);
});
