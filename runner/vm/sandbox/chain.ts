import { existsSync } from 'node:fs';
import type { Network } from '../../model/workflow.ts';
import type { LaidOut } from './views.ts';

/**
 * `loop`: the chain mounts the disk. `folder`: whoever it is run as has it mounted, and is no root of the host; `copy`:
 * the same, and its kernel cannot lay such a disk over the image's files, so that they are copied onto it.
 */
export type DiskMount = 'loop' | 'folder' | 'copy';

/** Everything the start of one sandbox names; all paths are the host's where nothing else is said. */
export interface SandboxPlan extends LaidOut {
  /** A folder of the machine's own, with `disk`, `root` and `empty` to mount on and `filter`, the seccomp program. */
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
 * step wrote what is on the disk, so nothing is followed there: folders to mount on are made real folders first, part by
 * part, and files are made anew. A folder that was ever laid over an image's files stays a layer: it may hold marks of
 * what was removed there.
 */
const script = `
set -euf
umask 022
base=$1 disk=$2 mount=$3 tree=$4 layer=$5 space=$6 names=$7 resolver=$8 stores=$9; shift 9
while [ "$1" != -- ]; do echo $$ >"$1"; shift; done; shift
case $mount in
  loop) mount -t ext4 -o loop,nosuid,nodev,noatime "$disk" "$base/disk"; disk=$base/disk marks=;;
  *) marks=userxattr,;;
esac
own() {
  if [ -L "$1" ]; then echo "the disk's $1 is no folder" >&2; exit 1; fi
  [ -d "$1" ] || mkdir -m "\${2:-755}" "$1"
}
into() {
  IFS=/
  for part in $1; do
    [ -n "$part" ] || continue
    [ ! -L "./$part" ] && [ -d "./$part" ] || { rm -rf "./$part"; mkdir "./$part"; }
    cd "./$part"
  done
  unset IFS
}
lay() {
  own work
  mount -t overlay -o "\${marks}nosuid,nodev,noatime,lowerdir=$1,upperdir=$2,workdir=work" overlay "$3"
}
cd "$disk"
[ -d "images/$layer/upper" ] && seen=yes || seen=no
[ -L images ] || [ -d images ] || mkdir -p "images/$layer/upper" "images/$layer/work" $stores
own images; own folders
cd images; own "$layer"; cd "$layer"; own upper
case $mount$seen in copyno) cp -a "$tree/." upper;; esac
if [ $mount = copy ]; then mount --bind upper "$base/root"; else lay "$tree" upper "$base/root"; fi
while [ "$1" != -- ]; do
  store=$1 mode=$2 owner=$3 lower=$4; shift 4
  cd "$disk/folders"; own "$store"; cd "$store"
  [ -d files ] && made=no || made=yes
  own files "$mode"
  case $made$owner in yes?*) chown "$owner" files;; esac
  case $mount$seen$lower in
    copyno?*) cp -a -n "$lower/." files;;
    copy*) ;;
    *) if [ -n "$lower" ] || [ -d work ]; then lay "\${lower:-$base/empty}" files files; fi;;
  esac
done; shift
while [ "$1" != -- ]; do cd "$1"; into "$2"; shift 2; done; shift
cd "$base/root"
for folder in proc dev sys run tmp etc; do (into $folder); done
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
  const image = [plan.tree, plan.layer];
  const fixed = [plan.base, plan.disk, plan.mount, ...image, plan.userSpace, plan.hostname, plan.resolvConf];
  const stores = ['folders', ...plan.folders.map(({ store }) => `folders/${store}`)].join(' ');
  const folders = plan.folders.flatMap(({ store, mode, owner, lower }) => [store, mode, owner, lower]);
  const points = plan.views.flatMap(({ points }) => points.flatMap(({ base, path }) => [base, path]));
  const start = [...fixed, stores, ...plan.groups, '--', ...folders, '--', ...points, '--'];
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
    ...['--perms', '0755', '--tmpfs', '/run', '--ro-bind', plan.init, '/run/lightv/init'],
    ...plan.views.flatMap(({ from, to, readOnly }) => [readOnly ? '--ro-bind' : '--bind', from, to]),
    ...['--chdir', '/'],
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
