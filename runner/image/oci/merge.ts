import { pipeline } from 'node:stream/promises';
import { type Header, type Pack, pack } from 'tar-stream';
import { packing, type TarEntry } from '../../host/tar.ts';
import type { Attributes, Folder, Inode } from './image-node.ts';
import type { ImageTree } from './image-tree.ts';
import { type Layer, type LayerMeter, layerEntries } from './layer.ts';

/** One thing of an image with the path it stands at, without a leading slash. */
interface Placed<T> {
  readonly path: string;
  readonly what: T;
}

/** An image's files and folders, each hard-linked file under its first path, the others as links to that. */
interface Inventory {
  readonly folders: readonly Placed<Folder>[];
  /** Symbolic links and pipes. */
  readonly small: readonly Placed<Inode>[];
  /** Files by layer and number of the entry that holds them. */
  readonly files: readonly ReadonlyMap<number, Placed<Inode>>[];
  readonly links: readonly Placed<string>[];
}

/** Entries without contents that are packed in one go. */
const batch = 1000;
const endOfTar = 1024;

/**
 * One tar of what the layers come to: folders, links, then the files in the order the layers hold them, which are read
 * once more for it. Fails as `layerEntries` does.
 */
export async function* mergedTar(
  tree: ImageTree,
  layers: readonly Layer[],
  meter: () => LayerMeter,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const { folders, small, files, links } = inventory(tree, layers.length);
  yield* packed(folders.map(({ path, what }) => header(`${path}/`, 'directory', what.attributes)));
  yield* packed(small.map(({ path, what }) => smallHeader(path, what)));
  const again = meter();
  yield* withoutEnd(
    packing(
      'lay the layers of an image over each other',
      async (archive) => {
        for (const [index, layer] of layers.entries()) {
          await addFiles(archive, layer, files[index] ?? new Map(), again, signal);
        }
      },
      signal,
    ),
  );
  yield* packed(links.map(({ path, what }) => ({ name: path, type: 'link', linkname: what, mtime: new Date(0) })));
  yield new Uint8Array(endOfTar);
}

async function addFiles(
  archive: Pack,
  layer: Layer,
  files: ReadonlyMap<number, Placed<Inode>>,
  meter: LayerMeter,
  signal: AbortSignal,
): Promise<void> {
  if (files.size === 0) {
    return;
  }
  for await (const { index, entry } of layerEntries(layer, meter, signal)) {
    const file = files.get(index);
    if (file !== undefined) {
      await addFile(archive, file, entry);
    }
  }
}

async function addFile(archive: Pack, { path, what }: Placed<Inode>, entry: TarEntry): Promise<void> {
  const sink = archive.entry({ ...header(path, 'file', what.attributes), size: what.size });
  if (what.size === 0) {
    sink.end(null);
    return;
  }
  await pipeline(contents(entry), sink);
}

/** As an iterable: Node's pipeline does not see the end of a foreign stream that was destroyed. */
async function* contents(entry: TarEntry): AsyncGenerator<Uint8Array> {
  yield* entry;
}

function inventory(tree: ImageTree, layers: number): Inventory {
  const folders: Placed<Folder>[] = [];
  const small: Placed<Inode>[] = [];
  const files = Array.from({ length: layers }, () => new Map<number, Placed<Inode>>());
  const links: Placed<string>[] = [];
  const todo: Placed<Folder>[] = [{ path: '', what: tree.root }];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    for (const [name, node] of next.what.children) {
      const path = next.path === '' ? name : `${next.path}/${name}`;
      if (node.kind === 'folder') {
        folders.push({ path, what: node });
        todo.push({ path, what: node });
      } else if (node.inode.kind !== 'file') {
        small.push({ path, what: node.inode });
      } else {
        const { layer, index } = node.inode;
        const first = files[layer]?.get(index);
        if (first === undefined) {
          files[layer]?.set(index, { path, what: node.inode });
        } else {
          links.push({ path, what: first.path });
        }
      }
    }
  }
  return { folders, small, files, links };
}

type EntryHeader = Partial<Header> & { readonly name: string };

function smallHeader(path: string, { kind, attributes, target }: Inode): EntryHeader {
  const made = header(path, kind, attributes);
  return kind === 'symlink' ? { ...made, linkname: target } : made;
}

/** Bits above the permissions keep a mode of 0 from being taken for none; ids that are too long stand in a pax header. */
function header(name: string, type: Header['type'], { mode, uid, gid, mtime }: Attributes): EntryHeader {
  const long = Math.max(uid, gid) >= 0o7777777;
  return {
    name,
    type,
    mode: mode | 0o100000,
    mtime: new Date(mtime * 1000),
    ...(long ? { uid: 0, gid: 0, pax: { uid: `${uid}`, gid: `${gid}` } } : { uid, gid }),
  };
}

/** Entries without contents, a bounded number at a time: for them a packer knows no back-pressure. */
async function* packed(headers: readonly EntryHeader[]): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < headers.length; start += batch) {
    const archive = pack();
    for (const each of headers.slice(start, start + batch)) {
      archive.entry(each);
    }
    archive.finalize();
    yield* withoutEnd(archive as AsyncIterable<Uint8Array>);
  }
}

/** A tar that others follow: without its end marker. */
async function* withoutEnd(tar: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held = Buffer.alloc(0);
  for await (const chunk of tar) {
    const all = held.length === 0 ? Buffer.from(chunk) : Buffer.concat([held, chunk]);
    const keep = Math.max(0, all.length - endOfTar);
    if (keep > 0) {
      yield all.subarray(0, keep);
    }
    held = all.subarray(keep);
  }
}
