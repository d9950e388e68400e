import { type Extract, extract, type Header, pack } from 'tar-stream';
import { StepFailure } from './ending.ts';

/** A file to be put into a guest. */
export interface SmallFile {
  readonly name: string;
  readonly text: string;
  /** 0644 when left out. */
  readonly mode?: number;
}

/** One entry of a tar: its header, and its contents to read at most once. */
export type Entry = AsyncIterable<Uint8Array> & { readonly header: Header; resume(): unknown };

/** A tar of a few small files held in memory. */
export function packFiles(files: readonly SmallFile[]): AsyncIterable<Uint8Array> {
  const tar = pack();
  for (const { name, text, mode } of files) {
    tar.entry({ name, mode: mode ?? 0o644, mtime: new Date(0) }, text);
  }
  tar.finalize();
  return tar as AsyncIterable<Uint8Array>;
}

/** The entries of a tar from a guest, one at a time; what is not read of an entry is skipped. Throws for a broken tar. */
export async function* entriesOf(tar: AsyncIterable<Uint8Array>): AsyncGenerator<{ name: string; entry: Entry }> {
  const reader = extract();
  const feeding = feed(tar, reader);
  try {
    for await (const entry of reader) {
      yield { name: entry.header.name.replace(/^\.\//, '').replace(/\/+$/, ''), entry: entry as unknown as Entry };
      entry.resume();
    }
  } finally {
    reader.destroy();
    await feeding;
  }
}

/**
 * The contents of a tar's regular files by name; `undefined` for one above `bytes`. Throws a `StepFailure` for more than
 * `entries` entries and when too much has to be passed over, so that a guest cannot make the host read for ever.
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
      if (passedOver > mostPassedOver) {
        throw new StepFailure('output-file', `the command file "${name}" has ${size} bytes`);
      }
      files.set(name, undefined);
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

/** Never rejects: an error of the source is thrown where the entries are taken. */
async function feed(tar: AsyncIterable<Uint8Array>, reader: Extract): Promise<void> {
  try {
    for await (const chunk of tar) {
      if (reader.destroyed) {
        return;
      }
      if (!reader.write(chunk)) {
        await new Promise<void>((resolve) => {
          const go = () => {
            reader.off('drain', go).off('close', go);
            resolve();
          };
          reader.on('drain', go).on('close', go);
        });
      }
    }
    reader.end(undefined);
  } catch (error) {
    reader.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}
