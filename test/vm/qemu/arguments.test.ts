import test from 'ava';
import { type QemuMachine, qemuArguments } from '../../../runner/vm/qemu/arguments.ts';

const machine: QemuMachine = {
  id: 'vm-1',
  accel: 'tcg',
  tsc: 2_400_000,
  kernel: '/cache/vmlinux',
  initrd: '/cache/initrd',
  cpu: 1.5,
  memory: 300 * 1024 ** 2 + 5,
  processes: 50,
  image: '/images/a,b.lv',
  tools: ['/images/tool.lv'],
  disk: { path: '/run/disk,1.qcow2', format: 'qcow2', size: 1 },
  qmpSocket: '/run/vm,1.q',
  agentSocket: '/run/vm-1.a',
};

/** The values given for an option, in order. */
function values(argv: readonly string[], option: string): readonly string[] {
  return argv.flatMap((word, index) => (word === option ? [argv[index + 1] ?? ''] : []));
}

test('a machine without a network has no network card, and one with has the one', (t) => {
  const closed = qemuArguments(machine).join(' ');
  t.false(/netdev|virtio-net/.test(closed));
  t.true(closed.includes('-nodefaults'));
  const open = qemuArguments({ ...machine, network: { socket: '/run/vm-1.n', mac: '52:54:00:00:00:01' } });
  t.deepEqual(values(open, '-netdev'), ['stream,id=network,server=off,addr.type=unix,addr.path=/run/vm-1.n']);
  t.true(values(open, '-device').includes('virtio-net-device,netdev=network,mac=52:54:00:00:00:01'));
});

test('fractions of a CPU are rounded up and memory down to whole MiB', (t) => {
  t.deepEqual(values(qemuArguments(machine), '-smp'), ['2']);
  t.deepEqual(values(qemuArguments({ ...machine, cpu: 0.1 }), '-smp'), ['1']);
  t.deepEqual(values(qemuArguments(machine), '-m'), ['300M']);
});

test('images are read-only and the disk has the format it was made with, whatever is in their paths', (t) => {
  const nodes = values(qemuArguments(machine), '-blockdev').map((text) => JSON.parse(text));
  t.like(nodes[0], { driver: 'raw', 'read-only': true, file: { filename: '/images/a,b.lv', 'read-only': true } });
  t.like(nodes[1], { driver: 'raw', 'read-only': true, file: { filename: '/images/tool.lv', 'read-only': true } });
  t.like(nodes[2], { driver: 'qcow2', file: { filename: '/run/disk,1.qcow2' } });
});

test('sockets are connected to, never opened by QEMU, and a comma in a path ends no option', (t) => {
  t.deepEqual(
    values(qemuArguments(machine), '-chardev').filter((value) => value.startsWith('socket')),
    ['socket,id=qmp,server=off,path=/run/vm,,1.q', 'socket,id=agent,server=off,path=/run/vm-1.a'],
  );
});

test('QEMU may not start programs or gain rights', (t) => {
  const [sandbox = ''] = values(qemuArguments(machine), '-sandbox');
  for (const word of ['on', 'elevateprivileges=deny', 'spawn=deny', 'resourcecontrol=deny']) {
    t.true(sandbox.split(',').includes(word));
  }
});

test('only an emulated CPU is told its clock, and the guest kernel bounds tasks', (t) => {
  const line = (changes: Partial<QemuMachine>) => values(qemuArguments({ ...machine, ...changes }), '-append')[0] ?? '';
  t.true(line({}).split(' ').includes('tsc_early_khz=2400000'));
  const { tsc: _, ...untold } = machine;
  const kvm = qemuArguments({ ...untold, accel: 'kvm' });
  t.false((values(kvm, '-append')[0] ?? '').includes('tsc_early_khz'));
  t.deepEqual(values(kvm, '-accel'), ['kvm']);
  const most = Number(/threads-max=(\d+)/.exec(line({ processes: 50 }))?.[1]);
  t.true(most > 50 && most < 250);
});
