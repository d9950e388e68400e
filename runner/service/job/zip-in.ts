import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { Pack } from 'tar-stream';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { causeText, WrongInput } from '../../host/fault.ts';
import { isSystemError } from '../../host/in-place.ts';
import { packing } from '../../host/tar.ts';

/** Bytes of a path that a link may lead to. */
const targetMax = 4096;

/**
 * The files of a zip that nobody vouches for, as a tar. Fails with a `WrongInput` for one that is broken or encrypted,
 * with a `HostFault` where the host cannot read it. Whoever unpacks it bounds what comes out, and where that goes.
 */
export function zipToTar(file: string): AsyncGenerator<Uint8Array> {
  return packing('read a zip', async (archive) => {
    try {
      for await (const { zip, entry } of entriesOf(file)) {
        await addEntry(archive, zip, entry);
      }
    } catch (error) {
      throw told(error);
    }
  });
}

/** Bytes that the files of a zip say they have; more never come out. Rejects as `zipToTar` fails. */
export async function unpackedSize(file: string): Promise<number> {
  let size = 0;
  try {
    for await (const { entry } of entriesOf(file)) {
      size += entry.uncompressedSize;
    }
  } catch (error) {
    throw told(error);
  }
  return size;
}

async function* entriesOf(file: string): AsyncGenerator<{ readonly zip: ZipFile; readonly entry: Entry }> {
  const zip = await openPromise(file, { autoClose: false });
  try {
    for await (const entry of zip.eachEntry()) {
      yield { zip, entry };
    }
  } finally {
    zip.close();
  }
}

function told(error: unknown): unknown {
  const known = error instanceof WrongInput || isSystemError(error);
  return known ? error : new WrongInput([{ message: `the zip is broken: ${causeText(error)}` }]);
}

async function addEntry(archive: Pack, zip: ZipFile, entry: Entry): Promise<void> {
  if (entry.isEncrypted()) {
    throw new WrongInput([{ message: `the zip holds ${JSON.stringify(entry.fileName)} encrypted` }]);
  }
  const { mode, link } = unixMode(entry);
  const header = { name: entry.fileName, mode, mtime: entry.getLastModDate(), uid: 0, gid: 0 };
  if (entry.fileName.endsWith('/')) {
    archive.entry({ ...header, type: 'directory' });
    return;
  }
  const contents = contentsOf(zip, entry);
  if (link && entry.uncompressedSize <= targetMax) {
    archive.entry({ ...header, type: 'symlink', linkname: (await buffer(contents)).toString() });
    return;
  }
  await pipeline(contents, archive.entry({ ...header, type: 'file', size: entry.uncompressedSize }));
}

/** Its errors are told here: a tar that breaks passes on the first error it hears of. */
async function* contentsOf(zip: ZipFile, entry: Entry): AsyncGenerator<Buffer> {
  try {
    yield* await zip.openReadStreamPromise(entry);
  } catch (error) {
    throw told(error);
  }
}

/** Zips made on Unix keep the mode in the upper half of the attributes (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT 4.4.2, 4.4.15). */
function unixMode({ versionMadeBy, externalFileAttributes }: Entry): { readonly mode: number; readonly link: boolean } {
  const mode = versionMadeBy >>> 8 === 3 ? externalFileAttributes >>> 16 : 0;
  return { mode: mode & 0o111 ? 0o755 : 0o644, link: (mode & 0o170000) === 0o120000 };
}
