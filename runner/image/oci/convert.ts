import type { ImageManifest } from '../../model/image.ts';
import { squash } from '../file-system.ts';
import { packImage } from '../pack.ts';
import type { BuildWork } from '../work.ts';
import { imageConfigOf } from './container-config.ts';
import type { OciConfig } from './documents.ts';
import type { Folder } from './image-node.ts';
import { ImageTree } from './image-tree.ts';
import { type Layer, type LayerBounds, LayerMeter, layerEntries } from './layer.ts';
import { mergedTar } from './merge.ts';

export interface Pulled {
  readonly about: Pick<ImageManifest, 'name' | 'version' | 'arch'>;
  readonly config: OciConfig;
  /** The lowest first. */
  readonly layers: readonly Layer[];
}

/** What machines mount on. */
const mountPoints = new Map([
  ['dev', 0o755],
  ['etc', 0o755],
  ['proc', 0o755],
  ['root', 0o700],
  ['run', 0o755],
  ['sys', 0o755],
  ['tmp', 0o1777],
]);

/**
 * Makes an `.lv` image of a pulled one at `target`. Its layers are laid over each other in memory and go straight into
 * the file system: no file of theirs is ever made on this host. Throws a `WrongInput` for layers that are refused, a
 * `DamagedLayer` for one that is not what the image says.
 */
export async function convertImage(
  { about, config, layers }: Pulled,
  target: string,
  bounds: LayerBounds,
  work: BuildWork,
): Promise<void> {
  const tree = new ImageTree();
  const reading = new LayerMeter(bounds);
  for (const [number, layer] of layers.entries()) {
    for await (const { index, entry } of layerEntries(layer, reading, work.signal)) {
      tree.add(entry.header, number, index);
    }
  }
  addMountPoints(tree);
  await squash(
    mergedTar(tree, layers, () => new LayerMeter(bounds), work.signal),
    target,
    latestTime(tree),
    work,
  );
  await packImage(target, { ...about, config: imageConfigOf(config, tree) }, work.signal);
}

/** A mount point that is no folder is made one: nothing is to be mounted through a link of the image's. */
function addMountPoints({ root }: ImageTree): void {
  for (const [name, mode] of mountPoints) {
    if (root.children.get(name)?.kind !== 'folder') {
      const attributes = { mode, uid: 0, gid: 0, mtime: 0 };
      root.children.set(name, { kind: 'folder', attributes, layer: 0, children: new Map() });
    }
  }
}

/** Seconds since 1970 of the youngest thing in it: the image is the same whenever it is made. */
function latestTime({ root }: ImageTree): number {
  let latest = 0;
  const todo: Folder[] = [root];
  for (let folder = todo.pop(); folder !== undefined; folder = todo.pop()) {
    for (const node of folder.children.values()) {
      const { mtime } = node.kind === 'folder' ? node.attributes : node.inode.attributes;
      latest = Math.max(latest, mtime);
      if (node.kind === 'folder') {
        todo.push(node);
      }
    }
  }
  return latest;
}
