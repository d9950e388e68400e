import { existsSync } from 'node:fs';
import type { Network } from '../../model/workflow.ts';

/**
 * `loop`: the chain mounts the disk. `folder`: whoever it is run as has it mounted, and is no root of the host; `copy`:
 * the same, and its kernel cannot lay such a disk over the image's files, so that they are copied onto it.
 */
export type DiskMount = 'loop' | 'folder' | 'copy';

/** Everything the start of one sandbox names; all paths are the host's. */
export interface SandboxPlan {
  /** A folder of the machine's own, with `disk` and `root` to mount on and `filter`, the seccomp program. */
  readonly base: string;
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
  readonly resolvConf: string;
  readonly run: string;
  /** Runs first: puts the chain into namespaces. */
  readonly enter: readonly string[];
}

/**
 * One chain of execs, so that one pid is the machine: join the groups, mount in a namespace that dies with the
 * processes in it (the loop device goes with its last mount, even after a kill -9), become bwrap. A guest of an earlier
 * step wrote what is on the disk, so nothing is followed there: folders to mount on are made real folders first, and
 * files are made anew.
 */
const script = `
set -eu
base=$1 disk=$2 mount=$3 tree=$4 space=$5 names=$6 resolver=$7; shift 7
while [ "$1" != -- ]; do echo $$ >"$1"; shift; done; shift
case $mount in
  loop) mount -t ext4 -o loop,nosuid,nodev,noatime "$disk" "$base/disk"; cd "$base/disk"; marks=;;
  folder) cd "$disk"; marks=userxattr,;;
  copy) cd "$disk"; [ -d upper ] || cp -a "$tree" upper;;
esac
for folder in upper work; do
  if [ -L $folder ]; then echo "the disk's $folder is no folder" >&2; exit 1; fi
  [ -d $folder ] || mkdir $folder
done
[ $mount = copy ] && mount --bind upper "$base/root" || mount -t overlay -o "\${marks}nosuid,nodev,noatime,lowerdir=$tree,upperdir=upper,workdir=work" overlay "$base/root"
cd "$base/root"
for folder in proc dev sys run tmp etc workspace; do
  [ ! -L $folder ] && [ -d $folder ] || { rm -rf $folder; mkdir $folder; }
done
[ -k tmp ] || chmod 1777 tmp
rm -rf etc/hosts etc/resolv.conf
set -C
printf '127.0.0.1 localhost %s\\n::1 localhost\\n' "$names" >etc/hosts
printf %s "$resolver" >etc/resolv.conf
cd /
exec "$@" 5<"$base/filter" 6<"$space"
`;

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

export function sandboxArguments(plan: SandboxPlan): readonly string[] {
  const names = plan.hostname;
  const disk = [plan.disk, plan.mount];
  const start = [plan.base, ...disk, plan.tree, plan.userSpace, names, plan.resolvConf, ...plan.groups, '--'];
  // The init keeps what its own commands are without: a turn among thousands of them. An ordinary user has none to give.
  const ahead = plan.mount === 'loop' ? ['nice', '-n', '-20'] : [];
  const mounts = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, 'sandbox'];
  return [...plan.enter, ...ahead, ...mounts, ...start, 'bwrap', ...bwrapArguments(plan)];
}

function bwrapArguments(plan: SandboxPlan): readonly string[] {
  const spaces = ['ipc', 'pid', 'uts', 'cgroup', ...(plan.network === 'none' ? ['net'] : [])];
  return [
    ...['--userns', '6', ...spaces.map((space) => `--unshare-${space}`), '--hostname', plan.hostname],
    ...['--die-with-parent', '--as-pid-1', '--new-session', '--clearenv', '--setenv', 'LIGHTV_RUN', plan.run],
    ...['--cap-drop', 'ALL', ...capabilities.flatMap((name) => ['--cap-add', `CAP_${name}`]), '--seccomp', '5'],
    ...['--bind', `${plan.base}/root`, '/', '--proc', '/proc', ...procArguments(), '--dev', '/dev'],
    ...['--perms', '0755', '--tmpfs', '/run', '--ro-bind', plan.init, '/run/lightv/init', '--chdir', '/'],
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
