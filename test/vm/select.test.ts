import test from 'ava';
import { HostFault } from '../../runner/host/fault.ts';
import type { Probe, VmBackend } from '../../runner/model/machine.ts';
import type { IsolationLevel } from '../../runner/model/workflow.ts';
import { machineChooser } from '../../runner/vm/select.ts';

function backend(isolation: IsolationLevel, probe: Probe) {
  let asked = 0;
  const made: VmBackend = {
    name: `${isolation}-backend`,
    isolation,
    probe: async () => {
      asked += 1;
      return probe;
    },
    boot: () => Promise.reject(new Error('not booted here')),
  };
  return { made, asked: () => asked };
}

const kvm: Probe = { usable: true, detail: 'QEMU with KVM', accel: 'kvm' };
const tcg: Probe = { usable: true, detail: 'QEMU without acceleration (TCG): KVM hangs', accel: 'tcg' };
const fine: Probe = { usable: true, detail: 'bubblewrap' };
const missing: Probe = { usable: false, reason: 'bwrap is missing: apt-get install bubblewrap' };
const none = { kind: 'none' } as const;

test('auto takes a microVM where KVM works', async (t) => {
  const choose = machineChooser([backend('microvm', kvm).made, backend('sandbox', fine).made]);
  const choice = await choose({ isolation: 'auto', network: none });
  t.is(choice.isolation, 'microvm');
  t.is(choice.accel, 'kvm');
  t.false(choice.fallback);
});

test('auto never takes TCG by itself and says why', async (t) => {
  const choose = machineChooser([backend('microvm', tcg).made, backend('sandbox', fine).made]);
  const choice = await choose({ isolation: 'auto', network: none });
  t.is(choice.isolation, 'sandbox');
  t.is(choice.accel, undefined);
  t.true(choice.reason.includes('KVM hangs'), choice.reason);
});

test('auto takes TCG when it is asked for', async (t) => {
  const choose = machineChooser([backend('microvm', tcg).made, backend('sandbox', fine).made]);
  t.is((await choose({ isolation: 'auto', accel: 'tcg', network: none })).accel, 'tcg');
});

test('auto without anything usable names what is missing', async (t) => {
  const choose = machineChooser([backend('microvm', tcg).made, backend('sandbox', missing).made]);
  const fault = await t.throwsAsync(choose({ isolation: 'auto', network: none }), { instanceOf: HostFault });
  t.true(fault?.message.includes('apt-get install bubblewrap'));
});

test('a microVM by name falls back to TCG and says so', async (t) => {
  const choose = machineChooser([backend('microvm', tcg).made, backend('sandbox', fine).made]);
  const choice = await choose({ isolation: 'microvm', network: none });
  t.is(choice.accel, 'tcg');
  t.true(choice.fallback);
  t.true(choice.reason.includes('KVM hangs'), choice.reason);
});

test('--accel settles it', async (t) => {
  const choose = machineChooser([backend('microvm', tcg).made]);
  const choice = await choose({ isolation: 'microvm', accel: 'tcg', network: none });
  t.is(choice.accel, 'tcg');
  t.false(choice.fallback);
  await t.throwsAsync(choose({ isolation: 'microvm', accel: 'kvm', network: none }), {
    instanceOf: HostFault,
    message: /KVM hangs/,
  });
});

test('a level that is not usable or not built is refused by name', async (t) => {
  const choose = machineChooser([backend('microvm', kvm).made, backend('sandbox', missing).made]);
  await t.throwsAsync(choose({ isolation: 'sandbox', network: none }), {
    instanceOf: HostFault,
    message: /sandbox.*apt-get install bubblewrap/,
  });
  await t.throwsAsync(choose({ isolation: 'wasm', network: none }), { instanceOf: HostFault, message: /wasm/ });
});

test('a backend is probed once, and only when it may be taken', async (t) => {
  const [vm, box] = [backend('microvm', tcg), backend('sandbox', fine)];
  const choose = machineChooser([vm.made, box.made]);
  const wish = { isolation: 'sandbox', network: none } as const;
  await Promise.all([choose(wish), choose(wish), choose({ ...wish, isolation: 'auto' })]);
  t.is(box.asked(), 1);
  t.is(vm.asked(), 1);
});
