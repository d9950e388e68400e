/**
 * Makes the machine's root from the host's own programs and the folder that stands for its disk, then becomes the agent.
 * Everything is mounted in namespaces of its own and goes with them. Arguments: disk folder, agent, host name.
 */
export const rootScript = `
set -eu
disk=$1 agent=$2 root=$1/root
hostname "$3"
mount -t tmpfs machine "$root"
for name in usr bin sbin lib lib32 lib64 libx32 etc dev; do
  if [ -L "/$name" ]; then
    ln -s "$(readlink "/$name")" "$root/$name"
  elif [ -d "/$name" ]; then
    mkdir "$root/$name"
    mount --rbind "/$name" "$root/$name"
  fi
done
for name in workspace tmp home; do
  mkdir "$root/$name"
  mount --bind "$disk/$name" "$root/$name"
done
mkdir "$root/proc" "$root/run"
ln -s home "$root/root"
mount -t proc proc "$root/proc"
cp "$agent" "$root/run/agent"
exec chroot "$root" /run/agent --stream
`;

/** Folders of a disk that machines see; `root` is only a place to mount on. */
export const diskFolders = ['workspace', 'tmp', 'home', 'root'] as const;
