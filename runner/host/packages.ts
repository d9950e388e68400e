import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';

/** What part of LightV needs something of the host. */
export type Purpose =
  | 'sandbox'
  | 'microvm'
  | 'network'
  | 'agent'
  | 'image'
  | 'debian-image'
  | 'subordinate-ids'
  | 'oci-image'
  | 'registry'
  | 'checkout'
  | 'bench'
  | 'test';

/** Something the host must have. */
export interface Need {
  readonly purpose: Purpose;
  /** A program looked up in `PATH` and the system's own folders, or the absolute path of a file. */
  readonly present: string;
  /** The Debian package that brings it. */
  readonly package: string;
  /** Follows "needed to". */
  readonly why: string;
}

const table: readonly (readonly [Purpose, string, string, string])[] = [
  ['sandbox', 'bwrap', 'bubblewrap', 'run steps in sandboxes'],
  ['sandbox', 'unshare', 'util-linux', 'keep the mounts of sandboxes apart'],
  ['sandbox', 'setpriv', 'util-linux', 'tie what LightV starts to its own life'],
  ['sandbox', 'mount', 'mount', 'mount the disks of sandboxes'],
  ['sandbox', 'mke2fs', 'e2fsprogs', 'make the disks of jobs'],
  ['sandbox', 'unsquashfs', 'squashfs-tools', 'unpack images'],
  ['microvm', 'qemu-system-x86_64', 'qemu-system-x86', 'run steps in microVMs'],
  ['microvm', 'qemu-img', 'qemu-utils', 'fork the disks of microVMs'],
  ['microvm', 'mke2fs', 'e2fsprogs', 'make the disks of jobs'],
  ['network', 'passt', 'passt', 'give microVMs a network'],
  ['network', 'pasta', 'passt', 'give sandboxes a network'],
  ['network', 'ip', 'iproute2', 'set up the networks of machines'],
  ['agent', 'gcc', 'gcc', "build the guest's init"],
  ['agent', '/usr/include/stdio.h', 'libc6-dev', "build the guest's init"],
  ['image', 'sqfstar', 'squashfs-tools', 'pack images'],
  ['image', 'flock', 'util-linux', 'build an image once when several runs ask for it'],
  ['image', 'tar', 'tar', 'collect the files of images'],
  ['image', 'apt-get', 'apt', 'download Debian packages for images and the guest kernel'],
  ['image', 'dpkg-deb', 'dpkg', 'unpack Debian packages'],
  ['debian-image', 'mmdebstrap', 'mmdebstrap', 'make images that hold a Debian system'],
  ['oci-image', 'zstd', 'zstd', 'unpack layers of OCI images'],
  ['registry', 'docker-registry', 'docker-registry', 'serve images to the tests'],
  ['subordinate-ids', 'newuidmap', 'uidmap', 'have several user ids in a machine or an image without being root'],
  ['checkout', 'git', 'git', 'read the repository'],
  ['test', 'xz', 'xz-utils', 'try kernels as other distributions pack them'],
  ['bench', 'podman', 'podman', 'measure beside podman'],
  ['bench', 'runc', 'runc', 'measure beside podman'],
];

/** Not in everybody's `PATH`, but where Debian keeps what only root used to call. */
const systemFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** What these purposes need, each program once. */
export function needsOf(purposes: readonly Purpose[]): readonly Need[] {
  const seen = new Set<string>();
  return table
    .map(([purpose, present, name, why]): Need => ({ purpose, present, package: name, why }))
    .filter(({ purpose, present }) => purposes.includes(purpose) && !seen.has(present) && seen.add(present));
}

/** What is not there; looks at files only, so it takes a few milliseconds. `path` is the value of `PATH`. */
export function missingNeeds(purposes: readonly Purpose[], path = process.env.PATH ?? ''): readonly Need[] {
  return needsOf(purposes).filter((need) => !isPresent(need.present, path));
}

/** The absolute path of a program, or `undefined` when neither `PATH` nor the system's folders have it. */
export function findProgram(name: string, path = process.env.PATH ?? ''): string | undefined {
  const folders = [...path.split(':').filter((folder) => folder.startsWith('/')), ...systemFolders];
  return folders.map((folder) => join(folder, name)).find(isProgram);
}

function isPresent(present: string, path: string): boolean {
  if (present.startsWith('/')) {
    return statSync(present, { throwIfNoEntry: false })?.isFile() === true;
  }
  return findProgram(present, path) !== undefined;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    // Not there, in a folder we may not look into, or not to be run: no program to us.
    return false;
  }
}
