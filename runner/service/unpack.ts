import { createWriteStream } from 'node:fs';
import { link, mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extract, type Header } from 'tar-stream';
import { HostFault, WrongInput } from '../host/fault.ts';
import { isSystemError } from '../host/in-place.ts';
import { feed, type TarEntry } from '../host/tar.ts';
import { entryPath, linkStaysInside } from './tar-path.ts';

/** What an archive from a guest may fill. */
export interface UnpackBounds {
  /** Of all files together. */
  readonly bytes: number;
  readonly entries: number;
}

export const defaultBounds: UnpackBounds = { bytes: 16 * 1024 ** 3, entries: 500_000 };

/**
 * Unpacks a tar that nobody vouches for into `folder`, which exists and is empty. Throws a `WrongInput` for entries that
 * would leave the folder, links out of it, devices, a broken archive and one over its bounds; a `HostFault` where the
 * host cannot write. What was written by then stays for the caller to remove.
 */
export async function unpack(
  tar: AsyncIterable<Uint8Array>,
  folder: string,
  bounds = defaultBounds,
): Promise<{ files: number; bytes: number }> {
  const unpacking = new Unpacking(folder, bounds);
  const reader = extract();
  let broken: Error | undefined;
  reader.on('error', (error) => {
    broken = error;
  });
  const feeding = feed(tar, reader);
  try {
    for await (const entry of reader) {
      await unpacking.take(entry as TarEntry);
    }
    await unpacking.makeLinks();
  } catch (error) {
    reader.destroy();
    throw told(broken ?? error, folder);
  } finally {
    await feeding;
  }
  return { files: unpacking.files, bytes: unpacking.bytes };
}

class Unpacking {
  files = 0;
  bytes = 0;
  #entries = 0;
  readonly #folder: string;
  readonly #bounds: UnpackBounds;
  readonly #regular = new Set<string>();
  readonly #links = new Map<string, string>();

  constructor(folder: string, bounds: UnpackBounds) {
    this.#folder = folder;
    this.#bounds = bounds;
  }

  async take(entry: TarEntry): Promise<void> {
    this.#count(entry.header);
    const path = entryPath(entry.header.name);
    if (path !== '') {
      await this.#write(path, entry);
    }
    entry.resume();
  }

  /** Links come last, so that no file is ever written through one. */
  async makeLinks(): Promise<void> {
    for (const [path, target] of this.#links) {
      if (!linkStaysInside(path, this.#links)) {
        throw refused(`the link ${JSON.stringify(path)} leads out of the artifact`);
      }
      await mkdir(join(this.#folder, dirname(path)), { recursive: true });
      await symlink(target, join(this.#folder, path));
    }
  }

  #count(header: Header): void {
    this.#entries += 1;
    this.bytes += header.type === 'file' ? (header.size ?? 0) : 0;
    if (this.#entries > this.#bounds.entries || this.bytes > this.#bounds.bytes) {
      throw refused(`more than ${this.#bounds.entries} entries or ${this.#bounds.bytes} bytes`);
    }
  }

  async #write(path: string, entry: TarEntry): Promise<void> {
    const { type, linkname, mode } = entry.header;
    const place = join(this.#folder, path);
    switch (type) {
      case 'directory':
        await mkdir(place, { recursive: true });
        return;
      case 'file':
      case 'contiguous-file':
        await mkdir(dirname(place), { recursive: true });
        await pipeline(
          contents(entry),
          createWriteStream(place, { flags: 'wx', mode: (mode ?? 0) & 0o111 ? 0o755 : 0o644 }),
        );
        this.#regular.add(path);
        this.files += 1;
        return;
      case 'symlink':
        this.#links.set(path, linkname ?? '');
        this.files += 1;
        return;
      case 'link':
        await this.#hardLink(path, place, entryPath(linkname ?? ''));
        return;
      default:
        throw refused(`${JSON.stringify(path)} is a ${type}`);
    }
  }

  async #hardLink(path: string, place: string, target: string): Promise<void> {
    if (!this.#regular.has(target)) {
      throw refused(`the link ${JSON.stringify(path)} points to no earlier file`);
    }
    await mkdir(dirname(place), { recursive: true });
    await link(join(this.#folder, target), place);
    this.#regular.add(path);
    this.files += 1;
  }
}

/** As an iterable: Node's pipeline does not see the end of a foreign stream that was destroyed. */
async function* contents(entry: TarEntry): AsyncGenerator<Uint8Array> {
  yield* entry;
}

function refused(why: string): WrongInput {
  return new WrongInput([{ message: `the archive is refused: ${why}` }]);
}

/** An entry twice, or a file where a folder must be, is the archive's fault; a full disk is the host's. */
function told(error: unknown, folder: string): unknown {
  if (error instanceof WrongInput || error instanceof HostFault) {
    return error;
  }
  if (isSystemError(error)) {
    const ofArchive = ['EEXIST', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG', 'ELOOP', 'EINVAL'].includes(error.code ?? '');
    return ofArchive
      ? refused(error.message.replaceAll(`${folder}/`, ''))
      : new HostFault(`unpack into ${folder}`, error);
  }
  return error instanceof Error && /header|Unexpected end of data/i.test(error.message)
    ? refused(`it is broken: ${error.message}`)
    : error;
}
