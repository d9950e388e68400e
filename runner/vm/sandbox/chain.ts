import { existsSync } from 'node:fs';
import type { Network } from '../../model/workflow.ts';
import type { Mounts } from '../mounts.ts';

/**
 * `loop`: the disk is mounted as the machine starts. `folder`: whoever it is run as has it mounted, and is no root of the host; `copy`:
 * the same, and its kernel cannot lay such a disk over the image's files, so that they are copied onto it.
 */
export type DiskMount = 'loop' | 'folder' | 'copy';

/** Everything the start of one sandbox names; all paths are the host's where nothing else is said. */
export interface SandboxPlan {
  /** A folder of the machine's own, with `disk`, `root` and `empty` to mount on and `filter`, the seccomp program. */
  readonly base: string;
  readonly mounts: Mounts;
  /** The files of each tool, in their order. */
  readonly toolTrees: readonly string[];
  /** A raw ext4 disk, or the folder where one is mounted already. */
  readonly disk: string;
  readonly mount: DiskMount;
  /** The image's files. */
  readonly tree: string;
  readonly init: string;
  /** Opens the user namespace the guest lives in. */
  readonly userSpace: string;
  /** Files a process adds itself to. */
  readonly groups: readonly string[];
  readonly hostname: string;
  readonly network: Network['kind'];
  /** Opens the network namespace, where the machine's own program enters it; `''`: it is in it, or gets one without a network. */
  readonly networkSpace: string;
  readonly resolvConf: string;
  readonly run: string;
  /** Runs first: puts the chain into namespaces. */
  readonly enter: readonly string[];
}

/** What a build's root needs over its own files, users and processes; nothing that reaches the kernel or the network. */
const capabilities = [
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'SETGID',
  'SETUID',
  'SETPCAP',
  'SETFCAP',
  'NET_BIND_SERVICE',
  'SYS_CHROOT',
];

/** Root's own id owns these on the host too, so their modes would let the guest's root in. */
const hidden = ['kcore', 'kmsg', 'keys', 'key-users', 'timer_list', 'latency_stats', 'sched_debug', 'mtrr'].concat(
  ['kallsyms', 'kpagecgroup', 'kpagecount', 'kpageflags', 'pagetypeinfo', 'slabinfo', 'vmallocinfo', 'sysrq-trigger'],
  ['iomem', 'ioports', 'allocinfo'],
);
const hiddenFolders = ['acpi', 'scsi', 'asound', 'driver'];
const readOnly = ['sys', 'bus', 'fs', 'irq'];

/**
 * One chain of execs, so that one pid is the machine: our own program makes the guest's root (`images/init/sandbox.h`
 * has the order of its arguments), then becomes bwrap, which becomes the guest's init.
 */
export function sandboxArguments(plan: SandboxPlan): readonly string[] {
  const { layer, folders, tools, binds } = plan.mounts;
  const image = [plan.tree, layer];
  const lists = [
    plan.groups,
    folders.flatMap(({ store, path }) => [store, path]),
    tools.flatMap(({ path }, at) => [plan.toolTrees[at] ?? '', path]),
    binds.flatMap(({ from, to }) => [from, to]),
  ];
  return [
    ...[...plan.enter, plan.init, '--sandbox', plan.base, plan.mount, plan.disk, ...image],
    ...[plan.userSpace, plan.networkSpace, plan.hostname, plan.resolvConf, ...lists.flatMap((list) => [...list, '--'])],
    ...['bwrap', ...bwrapArguments(plan)],
  ];
}

function bwrapArguments(plan: SandboxPlan): readonly string[] {
  const spaces = ['ipc', 'pid', 'uts', 'cgroup', ...(plan.network === 'none' ? ['net'] : [])];
  return [
    ...['--userns', '6', ...spaces.map((space) => `--unshare-${space}`), '--hostname', plan.hostname],
    ...['--die-with-parent', '--as-pid-1', '--new-session', '--clearenv', '--setenv', 'LIGHTV_RUN', plan.run],
    ...['--cap-drop', 'ALL', ...capabilities.flatMap((name) => ['--cap-add', `CAP_${name}`]), '--seccomp', '5'],
    ...['--bind', `${plan.base}/root`, '/', '--proc', '/proc', ...procArguments(), '--dev', '/dev'],
    ...['--perms', '0755', '--tmpfs', '/run', '--perms', '0755', '--dir', '/run/lightv'],
    ...['--ro-bind', plan.init, '/run/lightv/init', '--chdir', '/'],
    ...['--', '/run/lightv/init', '--stream'],
  ];
}

function procArguments(): readonly string[] {
  const there = (name: string) => existsSync(`/proc/${name}`);
  return [
    ...readOnly.filter(there).flatMap((name) => ['--ro-bind', `/proc/${name}`, `/proc/${name}`]),
    ...hidden.filter(there).flatMap((name) => ['--ro-bind', '/dev/null', `/proc/${name}`]),
    ...hiddenFolders.filter(there).flatMap((name) => ['--tmpfs', `/proc/${name}`, '--remount-ro', `/proc/${name}`]),
  ];
}
