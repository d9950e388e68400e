import type { Header } from 'tar-stream';
import { WrongInput } from '../../host/fault.ts';
import { attributesOf, type Folder, type Inode, inodeOf, type Leaf, newFolder } from './image-node.ts';
import { refusedEntry } from './refused-entry.ts';
import { TreeWalk } from './tree-walk.ts';
import { whiteOut } from './whiteout.ts';

/**
 * What the layers of an image come to, laid over each other in memory: nothing is written, so that no name and no link
 * in a layer can lead anywhere on this host. Throws a `WrongInput` for an entry that leads out of the image.
 */
export class ImageTree {
  readonly root = newFolder(-1);

  /** Lays an entry of a layer over those before. Devices are left out: a machine brings its own. */
  add(header: Header, layer: number, index: number): void {
    const parts = pathParts(header.name, header.name);
    const base = parts.pop();
    if (base === undefined) {
      this.#setRoot(header, layer);
      return;
    }
    const parent = this.#folderAt(parts, layer, header.name);
    if (base.startsWith('.wh.')) {
      whiteOut(parent, base.slice('.wh.'.length), layer, header.name);
      return;
    }
    this.#put(parent, base, header, layer, index);
  }

  /** What stands at a path, links followed; `undefined` where there is nothing, or links without end. */
  find(path: string): Leaf | Folder | undefined {
    try {
      return new TreeWalk(this.root, () => undefined, path).end(pathParts(path, path));
    } catch (error) {
      if (error instanceof WrongInput) {
        return undefined;
      }
      throw error;
    }
  }

  #setRoot(header: Header, layer: number): void {
    if (header.type === 'directory') {
      this.root.attributes = attributesOf(header);
      this.root.layer = layer;
    }
  }

  /** The folder at a path, with those on the way made where they are missing. */
  #folderAt(parts: readonly string[], layer: number, name: string): Folder {
    const make = (folder: Folder, part: string) => {
      const made = newFolder(layer);
      folder.children.set(part, made);
      return made;
    };
    const found = new TreeWalk(this.root, make, name).end(parts);
    if (found?.kind !== 'folder') {
      throw refusedEntry(name, 'something on its way is no folder');
    }
    return found;
  }

  #put(parent: Folder, base: string, header: Header, layer: number, index: number): void {
    const before = parent.children.get(base);
    switch (header.type) {
      case 'directory':
        if (before?.kind === 'folder') {
          before.attributes = attributesOf(header);
          before.layer = layer;
        } else {
          parent.children.set(base, { ...newFolder(layer), attributes: attributesOf(header) });
        }
        return;
      case 'file':
      case 'contiguous-file':
      case 'symlink':
      case 'fifo':
        parent.children.set(base, { kind: 'leaf', layer, inode: inodeOf(header, layer, index) });
        return;
      case 'link':
        parent.children.set(base, { kind: 'leaf', layer, inode: this.#linked(header) });
        return;
      case 'character-device':
      case 'block-device':
        parent.children.delete(base);
        return;
      default:
        throw refusedEntry(header.name, `it is of a kind that is not known here (${header.type})`);
    }
  }

  /** What a hard link is another place of. The target's own last part is not followed. */
  #linked({ name, linkname }: Header): Inode {
    const parts = pathParts(linkname ?? '', name);
    const base = parts.pop() ?? '';
    const parent = new TreeWalk(this.root, () => undefined, name).end(parts);
    const target = parent?.kind === 'folder' ? parent.children.get(base) : undefined;
    if (target?.kind !== 'leaf') {
      throw refusedEntry(name, `it is a hard link to ${JSON.stringify(linkname)}, which is no file of the image`);
    }
    return target.inode;
  }
}

/** The parts of a path in a tar. `name` is the entry's, for what is wrong with it. */
function pathParts(path: string, name: string): string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) {
    throw refusedEntry(name, 'it leads out of the image');
  }
  if (path.includes('\0') || path.length > 4096 || parts.some((part) => Buffer.byteLength(part) > 255)) {
    throw refusedEntry(name, 'its name is none that a file can have');
  }
  return parts;
}
