import { posix } from 'node:path';
import { isBelow, type Mounts } from '../mounts.ts';

/**
 * Makes the machine's root from the host's own programs and the folders of its disk, then becomes the agent. Everything
 * is mounted in namespaces of its own and goes with them. Arguments: disk folder, agent, host name, then for each mount
 * whether it is of the `disk` or the `host`, its path there, where it goes, and `rw` or `ro`.
 */
export const rootScript = `
set -euf
disk=$1 agent=$2 root=$1/root; hostname "$3"; shift 3
mount -t tmpfs machine "$root"
for name in usr bin sbin lib lib32 lib64 libx32 etc dev; do
  if [ -L "/$name" ]; then
    ln -s "$(readlink "/$name")" "$root/$name"
  elif [ -d "/$name" ]; then
    mkdir "$root/$name"
    mount --rbind "/$name" "$root/$name"
  fi
done
mkdir -p "$root/proc" "$root/run" "$root/tmp"
into() {
  IFS=/
  for part in $1; do
    [ -n "$part" ] || continue
    [ ! -L "./$part" ] && [ -d "./$part" ] || { rm -rf "./$part"; mkdir "./$part"; }
    cd "./$part"
  done
  unset IFS
}
while [ $# -gt 0 ]; do
  base=$1 inner=$2 to=$3 mode=$4; shift 4
  case $base in disk) cd "$disk"; into "$inner"; from=$(pwd);; *) from=$inner;; esac
  cd "$root"; into "$to"; to=$(pwd)
  cd /
  mount --bind "$from" "$to"
  [ $mode = rw ] || mount -o remount,bind,ro "$to"
done
mount -t proc proc "$root/proc"
ip link set lo up
cp "$agent" "$root/run/agent"
cd /
exec chroot "$root" /run/agent --stream
`;

/** The mounts of a machine as the script takes them; `trees`: the files of its tools, in their order. */
export function mountWords({ folders, tools, binds }: Mounts, trees: readonly string[]): readonly string[] {
  const inStore = (path: string) => {
    const holder = folders.findLast((folder) => isBelow(path, folder.path));
    return posix.join('folders', holder?.store ?? '', path.slice(holder?.path.length));
  };
  return [
    ...folders.flatMap(({ path }) => ['disk', inStore(path), path, 'rw']),
    ...tools.flatMap(({ path }, at) => ['host', trees[at] ?? '', path, 'ro']),
    ...binds.flatMap(({ from, to }) => ['disk', inStore(from), to, 'rw']),
  ];
}
