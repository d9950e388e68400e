import type { Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { attempt } from '../../host/attempt.ts';
import { isSystemError } from '../../host/in-place.ts';
import { imageTree } from '../../image/tree.ts';
import { isBelow, type KeptFolder, type Mounts } from '../mounts.ts';
import { standsAsRoot } from './ground.ts';

/** A folder of the disk, as it is made when the disk has none yet. */
export interface DiskFolder {
  readonly store: string;
  /** Octal. */
  readonly mode: string;
  /** `uid:gid`, `''` for the one who makes it. */
  readonly owner: string;
  /** The image's files that lie below it; `''` when it has none there. */
  readonly lower: string;
}

/** A folder of the host that a guest sees at `to`. */
export interface View {
  readonly from: string;
  readonly to: string;
  readonly readOnly: boolean;
  /** What has to be folders first. */
  readonly points: readonly Point[];
}

/** `path` below `base`: the guests of earlier steps may have put anything there. */
interface Point {
  readonly base: string;
  readonly path: string;
}

/** Where a machine's root and disk are mounted on the host. */
export interface MountedDisk {
  readonly root: string;
  readonly disk: string;
}

/** What is laid over an image. */
export interface LaidOut {
  /** Names the image's own layer on the disk. */
  readonly layer: string;
  readonly folders: readonly DiskFolder[];
  /** In the order they are mounted. */
  readonly views: readonly View[];
}

/** What is laid over the image whose files are in `tree`. Unpacks tools on first use. Rejects with a `HostFault`. */
export async function layOut(mounts: Mounts, tree: string, on: MountedDisk, signal: AbortSignal): Promise<LaidOut> {
  const folders = await attempt('look at the files of an image', () =>
    Promise.all(mounts.folders.map((folder) => diskFolder(folder, tree))),
  );
  return { layer: mounts.layer, folders, views: await viewsOf(mounts, on, signal) };
}

async function diskFolder({ store, path }: KeptFolder, tree: string): Promise<DiskFolder> {
  const found = await folderIn(tree, path);
  if (found === undefined) {
    return { store, mode: path === '/tmp' ? '1777' : '755', owner: '', lower: '' };
  }
  const holds = (await readdir(join(tree, path))).length > 0;
  const mode = (found.mode & 0o7777).toString(8);
  return {
    store,
    mode,
    owner: standsAsRoot() ? `${found.uid}:${found.gid}` : '',
    lower: holds ? join(tree, path) : '',
  };
}

/** A folder of an image that is reached without a link: one could lead anywhere on this host. */
async function folderIn(tree: string, path: string) {
  let at = tree;
  let found: Stats | undefined;
  for (const part of path.split('/').filter((name) => name !== '')) {
    at = join(at, part);
    found = await lstat(at).catch((error: unknown) => {
      if (isSystemError(error) && error.code === 'ENOENT') {
        return undefined;
      }
      throw error;
    });
    if (found?.isDirectory() !== true) {
      return undefined;
    }
  }
  return found;
}

/** The disk's folders, tools, and folders once more. */
async function viewsOf(mounts: Mounts, on: MountedDisk, signal: AbortSignal): Promise<readonly View[]> {
  const { folders, tools, binds } = mounts;
  const trees = await Promise.all(tools.map(({ image }) => imageTree(image, signal)));
  const view = (from: string, to: string, readOnly: boolean, ...points: Point[]): View => {
    return { from, to, readOnly, points };
  };
  return [
    ...folders.map((folder, at) => {
      return view(filesOf(folder, on), folder.path, false, pointOf(folder.path, folders.slice(0, at), on));
    }),
    ...tools.map(({ path }, at) => view(trees[at] ?? '', path, true, pointOf(path, folders, on))),
    ...binds.map(({ from, to }) => {
      const source = pointOf(from, folders, on);
      return view(join(source.base, source.path), to, false, source, pointOf(to, folders, on));
    }),
  ];
}

function pointOf(path: string, folders: readonly KeptFolder[], on: MountedDisk): Point {
  const holder = folders.findLast((folder) => isBelow(path, folder.path));
  return holder === undefined
    ? { base: on.root, path }
    : { base: filesOf(holder, on), path: path.slice(holder.path.length) };
}

function filesOf({ store }: KeptFolder, { disk }: MountedDisk): string {
  return join(disk, 'folders', store, 'files');
}
