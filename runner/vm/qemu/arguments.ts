import type { Accel, Disk } from '../../model/machine.ts';

/** A machine as QEMU is told of it. */
export interface QemuMachine {
  readonly id: string;
  readonly accel: Accel;
  /** kHz of the time stamp counter an emulated CPU has; unused under KVM, which tells its guests. */
  readonly tsc?: number;
  readonly kernel: string;
  readonly initrd: string;
  /** CPUs; a fraction is rounded up, and held to by a cgroup if at all. */
  readonly cpu: number;
  /** Bytes; rounded down to whole MiB. */
  readonly memory: number;
  /** Tasks the guest's users may have at once. */
  readonly processes: number;
  /** The image's file, attached read-only from its first byte on. */
  readonly image: string;
  /** Files of further images, likewise, in the order of their serials. */
  readonly tools: readonly string[];
  readonly disk: Disk;
  /** Unix sockets we listen on and QEMU connects to as it starts. */
  readonly qmpSocket: string;
  readonly agentSocket: string;
  readonly network?: NetworkCard;
}

export interface NetworkCard {
  /** The unix socket passt listens on. */
  readonly socket: string;
  readonly mac: string;
}

const agentPort = 'lightv.agent';

/**
 * QEMU's arguments for a machine with nothing but what LightV uses: CPUs, memory, a serial console on stdout, the image,
 * the job's disk, randomness, the agent's port, and a network card when there is a network. ACPI stays because it is
 * the only way Debian's kernel finds virtio devices on a `microvm`; with it that kernel looks at no PIT or PIC. It does
 * read the RTC, and waits two seconds for one that is not there.
 */
export function qemuArguments(machine: QemuMachine): readonly string[] {
  return [
    ...['-name', `lightv-${machine.id}`],
    ...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none'],
    ...['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'],
    ...['-M', 'microvm,pit=off,pic=off,rtc=on', '-global', 'virtio-mmio.force-legacy=false'],
    ...['-accel', machine.accel === 'kvm' ? 'kvm' : 'tcg,thread=multi'],
    // Five-level page tables only cost an emulated machine time.
    ...['-cpu', machine.accel === 'kvm' ? 'host' : 'max,la57=off'],
    ...['-smp', `${Math.max(1, Math.ceil(machine.cpu))}`, '-m', `${Math.floor(machine.memory / 1024 ** 2)}M`],
    ...['-kernel', machine.kernel, '-initrd', machine.initrd, '-append', kernelLine(machine)],
    ...['-chardev', 'stdio,id=console,signal=off', '-serial', 'chardev:console'],
    ...['-chardev', client('qmp', machine.qmpSocket), '-mon', 'chardev=qmp,mode=control'],
    ...['-object', 'rng-random,id=random,filename=/dev/urandom', '-device', 'virtio-rng-device,rng=random'],
    ...imageArguments('image', machine.image, 'lightv-image'),
    ...machine.tools.flatMap((path, at) => imageArguments(`tool-${at}`, path, toolSerial(at))),
    ...['-blockdev', diskNode(machine.disk), '-device', 'virtio-blk-device,drive=disk,serial=lightv-disk,discard=on'],
    ...['-chardev', client('agent', machine.agentSocket), '-device', 'virtio-serial-device,max_ports=2'],
    ...['-device', `virtserialport,chardev=agent,nr=1,name=${agentPort}`],
    ...(machine.network === undefined ? [] : networkArguments(machine.network)),
  ];
}

/** The kernel's own threads count against its bound too. */
const kernelThreads = 128;

/**
 * A panic and the guest's own end both reset the machine, which ends QEMU because of `-no-reboot`. Memory is promised
 * freely, so that a command that takes too much is killed for it and the step can name the reason.
 */
function kernelLine({ processes, tsc }: QemuMachine): string {
  return [
    ...['console=ttyS0', 'quiet', 'reboot=t', 'panic=-1', 'random.trust_cpu=on', 'cryptomgr.notests'],
    ...['8250.nr_uarts=1', 'sysctl.vm.overcommit_memory=1', `sysctl.kernel.threads-max=${processes + kernelThreads}`],
    ...(tsc === undefined ? [] : [`tsc_early_khz=${tsc}`, 'tsc=reliable']),
  ].join(' ');
}

function client(id: string, path: string): string {
  return `socket,id=${id},server=off,path=${doubled(path)}`;
}

/** QEMU's option lists take a comma in a value when it is doubled. */
function doubled(value: string): string {
  return value.replaceAll(',', ',,');
}

/** By which a guest finds the disk of a tool; the kernel shows 20 bytes of it. */
export function toolSerial(at: number): string {
  return `lightv-tool-${at}`;
}

function imageArguments(node: string, path: string, serial: string): readonly string[] {
  const file = { driver: 'file', filename: path, 'read-only': true };
  const blockdev = JSON.stringify({ driver: 'raw', 'node-name': node, 'read-only': true, file });
  return ['-blockdev', blockdev, '-device', `virtio-blk-device,drive=${node},serial=${serial}`];
}

/** A job's disk does not outlive its host's run, so the guest's flushes need not reach the host's platters. */
function diskNode(disk: Disk): string {
  const cache = { 'no-flush': true };
  const file = { driver: 'file', filename: disk.path, discard: 'unmap', cache };
  return JSON.stringify({ driver: disk.format, 'node-name': 'disk', discard: 'unmap', cache, file });
}

function networkArguments(card: NetworkCard): readonly string[] {
  const netdev = `stream,id=network,server=off,addr.type=unix,addr.path=${doubled(card.socket)}`;
  return ['-netdev', netdev, '-device', `virtio-net-device,netdev=network,mac=${card.mac}`];
}
