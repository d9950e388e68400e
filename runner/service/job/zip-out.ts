import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import { ZipFile } from 'yazl';
import { attempt } from '../../host/attempt.ts';
import { feed, type TarEntry } from '../../host/tar.ts';

/**
 * Writes a zip of a tar's files and folders. Files are deflated: readers that unpack while they download find no end of
 * one that is stored. Rejects with a `HostFault`.
 */
export async function tarToZip(tar: AsyncIterable<Uint8Array>, file: string): Promise<void> {
  await attempt(`make ${file}`, async () => {
    const zip = new ZipFile();
    const writing = pipeline(zip.outputStream as Readable, createWriteStream(file, { mode: 0o600 }));
    await Promise.all([addAll(zip, tar), writing]);
  });
}

async function addAll(zip: ZipFile, tar: AsyncIterable<Uint8Array>): Promise<void> {
  const reader = extract();
  const feeding = feed(tar, reader);
  try {
    for await (const entry of reader) {
      await addEntry(zip, entry as unknown as TarEntry);
    }
  } finally {
    reader.destroy();
    await feeding;
    zip.end();
  }
}

async function addEntry(zip: ZipFile, entry: TarEntry): Promise<void> {
  const { name, type, mode = 0o644, mtime = new Date(0), linkname = '', size = 0 } = entry.header;
  if (type === 'directory') {
    zip.addEmptyDirectory(name, { mtime });
    entry.resume();
  } else if (type === 'symlink') {
    zip.addBuffer(Buffer.from(linkname), name, { mtime, mode: 0o120777 });
    entry.resume();
  } else {
    const contents = Readable.from(entry, { objectMode: false });
    zip.addReadStream(contents, name, { mtime, mode: 0o100000 | (mode & 0o777), size, compressionLevel: 1 });
    await finished(contents);
  }
}
