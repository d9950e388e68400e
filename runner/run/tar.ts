import { extract, pack } from 'tar-stream';
import { feed, type TarEntry } from '../host/tar.ts';
import { StepFailure } from './ending.ts';

/** A file to be put into a guest. */
export interface SmallFile {
  readonly name: string;
  readonly text: string;
  /** 0644 when left out. */
  readonly mode?: number;
}

/** A tar of a few small files held in memory. */
export function packFiles(files: readonly SmallFile[]): AsyncIterable<Uint8Array> {
  const tar = pack();
  for (const { name, text, mode } of files) {
    tar.entry({ name, mode: mode ?? 0o644, mtime: new Date(0) }, text);
  }
  tar.finalize();
  return tar as AsyncIterable<Uint8Array>;
}

/** A tar of empty folders; those above one come before it. */
export function packFolders(names: readonly string[]): AsyncIterable<Uint8Array> {
  const tar = pack();
  for (const name of names) {
    tar.entry({ name: `${name}/`, type: 'directory', mode: 0o755, mtime: new Date(0) });
  }
  tar.finalize();
  return tar as AsyncIterable<Uint8Array>;
}

/** The entries of a tar from a guest, one at a time; what is not read of an entry is skipped. Throws for a broken tar. */
export async function* entriesOf(tar: AsyncIterable<Uint8Array>): AsyncGenerator<{ name: string; entry: TarEntry }> {
  const reader = extract();
  const feeding = feed(tar, reader);
  try {
    for await (const entry of reader) {
      yield { name: entry.header.name.replace(/^\.\//, '').replace(/\/+$/, ''), entry: entry as unknown as TarEntry };
      entry.resume();
    }
  } finally {
    reader.destroy();
    await feeding;
  }
}

/**
 * The contents of a tar's regular files by name; `undefined` for one above `bytes`. When too much has to be passed over
 * the rest is not looked at, so that a guest cannot make the host read for ever. Throws a `StepFailure` for more than
 * `entries` entries.
 */
export async function readSmallFiles(
  tar: AsyncIterable<Uint8Array>,
  bounds: { readonly bytes: number; readonly entries: number },
): Promise<Map<string, Buffer | undefined>> {
  const files = new Map<string, Buffer | undefined>();
  let seen = 0;
  let passedOver = 0;
  for await (const { name, entry } of entriesOf(tar)) {
    seen += 1;
    if (seen > bounds.entries) {
      throw new StepFailure('output-file', `there are more than ${bounds.entries} files beside the command files`);
    }
    if (entry.header.type !== 'file') {
      continue;
    }
    const size = entry.header.size ?? 0;
    if (size > bounds.bytes) {
      passedOver += size;
      files.set(name, undefined);
      if (passedOver > mostPassedOver) {
        break;
      }
      continue;
    }
    files.set(name, await contentsOf(entry));
  }
  return files;
}

/** Bytes of files that are too large, together. */
const mostPassedOver = 64 * 1024 * 1024;

async function contentsOf(entry: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of entry) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
