import type { Header } from 'tar-stream';
import { WrongInput } from '../../host/fault.ts';

/** Owner, permissions and time of something in an image. */
export interface Attributes {
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since 1970. */
  readonly mtime: number;
}

/** A file, link or pipe; hard links are several places of one. `layer` and `index` say which entry holds it. */
export interface Inode {
  readonly kind: 'file' | 'symlink' | 'fifo';
  readonly layer: number;
  readonly index: number;
  readonly attributes: Attributes;
  readonly size: number;
  /** Of a symbolic link. */
  readonly target: string;
}

export interface Leaf {
  readonly kind: 'leaf';
  readonly inode: Inode;
  /** The layer that put it here. */
  readonly layer: number;
}

export interface Folder {
  readonly kind: 'folder';
  attributes: Attributes;
  /** The last layer that named it, or made it on the way. */
  layer: number;
  readonly children: Map<string, Leaf | Folder>;
}

/** How many links a path may lead over, as in the kernel. */
const mostLinks = 40;
/** Folders in each other: more than a path of 4096 bytes can name. */
const deepest = 1024;

const implied: Attributes = { mode: 0o755, uid: 0, gid: 0, mtime: 0 };

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

  /** What stands at a path, links followed; `undefined` where there is nothing. */
  find(path: string): Leaf | Folder | undefined {
    return new Walk(this.root, () => undefined, path).end(pathParts(path, path));
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
    const found = new Walk(this.root, make, name).end(parts);
    if (found?.kind !== 'folder') {
      throw refused(name, 'something on its way is no folder');
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
        throw refused(header.name, `it is of a kind that is not known here (${header.type})`);
    }
  }

  /** What a hard link is another place of. The target's own last part is not followed. */
  #linked({ name, linkname }: Header): Inode {
    const parts = pathParts(linkname ?? '', name);
    const base = parts.pop() ?? '';
    const parent = new Walk(this.root, () => undefined, name).end(parts);
    const target = parent?.kind === 'folder' ? parent.children.get(base) : undefined;
    if (target?.kind !== 'leaf') {
      throw refused(name, `it is a hard link to ${JSON.stringify(linkname)}, which is no file of the image`);
    }
    return target.inode;
  }
}

/** One way through the tree, links followed inside it: `..` at its top stays there. */
class Walk {
  readonly #root: Folder;
  readonly #missing: (folder: Folder, part: string) => Folder | undefined;
  readonly #name: string;
  #links = 0;

  constructor(root: Folder, missing: (folder: Folder, part: string) => Folder | undefined, name: string) {
    this.#root = root;
    this.#missing = missing;
    this.#name = name;
  }

  end(parts: readonly string[]): Leaf | Folder | undefined {
    const todo = [...parts].reverse();
    const way: Folder[] = [this.#root];
    for (let part = todo.pop(); part !== undefined; part = todo.pop()) {
      const here = way.at(-1) ?? this.#root;
      if (part === '..') {
        way.splice(Math.max(1, way.length - 1));
        continue;
      }
      const next = here.children.get(part) ?? this.#missing(here, part);
      if (next?.kind === 'folder') {
        way.push(next);
        this.#checkDepth(way);
      } else if (next?.inode.kind === 'symlink') {
        this.#follow(next.inode.target, todo, way);
      } else {
        return todo.length === 0 ? next : undefined;
      }
    }
    return way.at(-1);
  }

  /** Links into the depth could lead ever deeper. */
  #checkDepth(way: readonly Folder[]): void {
    if (way.length > deepest) {
      throw refused(this.#name, `it is more than ${deepest} folders deep`);
    }
  }

  #follow(target: string, todo: string[], way: Folder[]): void {
    this.#links += 1;
    if (this.#links > mostLinks) {
      throw refused(this.#name, 'links on its way lead in a circle');
    }
    if (target.startsWith('/')) {
      way.splice(1);
    }
    todo.push(
      ...target
        .split('/')
        .filter((part) => part !== '' && part !== '.')
        .reverse(),
    );
  }
}

const opaque = '.wh..opq';

/** Takes out what lower layers put there; what this layer put there stays, whichever came first in it. */
function whiteOut(parent: Folder, name: string, layer: number, entry: string): void {
  if (name === opaque) {
    for (const [child, node] of parent.children) {
      removeLower(parent, child, node, layer);
    }
    return;
  }
  if (name === '' || name === '.' || name === '..') {
    throw refused(entry, 'it takes out what has no name');
  }
  // Notes of a file system of old, which mean nothing in a layer.
  const node = name.startsWith('.wh.') ? undefined : parent.children.get(name);
  if (node !== undefined) {
    removeLower(parent, name, node, layer);
  }
}

function removeLower(parent: Folder, name: string, node: Leaf | Folder, layer: number): void {
  if (node.kind === 'leaf') {
    if (node.layer < layer) {
      parent.children.delete(name);
    }
    return;
  }
  for (const [child, below] of node.children) {
    removeLower(node, child, below, layer);
  }
  if (node.layer < layer && node.children.size === 0) {
    parent.children.delete(name);
  }
}

/** The parts of a path in a tar. `name` is the entry's, for what is wrong with it. */
function pathParts(path: string, name: string): string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) {
    throw refused(name, 'it leads out of the image');
  }
  if (path.includes('\0') || path.length > 4096 || parts.some((part) => Buffer.byteLength(part) > 255)) {
    throw refused(name, 'its name is none that a file can have');
  }
  return parts;
}

function newFolder(layer: number): Folder {
  return { kind: 'folder', attributes: implied, layer, children: new Map() };
}

function inodeOf(header: Header, layer: number, index: number): Inode {
  const kind = header.type === 'symlink' || header.type === 'fifo' ? header.type : 'file';
  const target = header.linkname ?? '';
  if (kind === 'symlink' && (target === '' || target.length > 4096 || target.includes('\0'))) {
    throw refused(header.name, 'it is a link to nowhere');
  }
  return { kind, layer, index, attributes: attributesOf(header), size: header.size ?? 0, target };
}

/** Ids above two million stand in the pax header alone. */
function attributesOf({ mode, uid, gid, mtime, pax }: Header): Attributes {
  const extended = (pax ?? {}) as { readonly uid?: string; readonly gid?: string };
  const id = (long: string | undefined, short: number | undefined) => {
    const value = Number(long ?? short ?? 0);
    return Number.isInteger(value) && value >= 0 && value < 2 ** 32 ? value : 0;
  };
  const seconds = Math.floor((mtime?.getTime() ?? 0) / 1000);
  return {
    mode: (mode ?? 0) & 0o7777,
    uid: id(extended.uid, uid),
    gid: id(extended.gid, gid),
    mtime: Math.min(Math.max(0, Number.isNaN(seconds) ? 0 : seconds), 2 ** 31 - 1),
  };
}

function refused(name: string, why: string): WrongInput {
  return new WrongInput([{ message: `the image is refused: ${JSON.stringify(name.slice(0, 200))}: ${why}` }]);
}
