import type { Header } from 'tar-stream';
import { refusedEntry } from './refused-entry.ts';

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

const implied: Attributes = { mode: 0o755, uid: 0, gid: 0, mtime: 0 };

/** An empty folder that no layer has named yet. */
export function newFolder(layer: number): Folder {
  return { kind: 'folder', attributes: implied, layer, children: new Map() };
}

/** What an entry of a layer holds. */
export function inodeOf(header: Header, layer: number, index: number): Inode {
  const kind = header.type === 'symlink' || header.type === 'fifo' ? header.type : 'file';
  const target = header.linkname ?? '';
  if (kind === 'symlink' && (target === '' || target.length > 4096 || target.includes('\0'))) {
    throw refusedEntry(header.name, 'it is a link to nowhere');
  }
  return { kind, layer, index, attributes: attributesOf(header), size: header.size ?? 0, target };
}

/** Ids above two million stand in the pax header alone. */
export function attributesOf({ mode, uid, gid, mtime, pax }: Header): Attributes {
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
