import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { extract, type Header, pack } from 'tar-stream';

export type TarEntry = Partial<Header> & { readonly name: string; readonly body?: string };

/** A tar of entries as a guest might send it. */
export function tarOf(...entries: readonly TarEntry[]): AsyncIterable<Uint8Array> {
  const archive = pack();
  for (const { body, ...header } of entries) {
    archive.entry(header, body ?? '');
  }
  archive.finalize();
  return archive as AsyncIterable<Uint8Array>;
}

/** What a tar holds: its path, and its text, `-> target` or `/`; executables end in `*`. */
export async function contentsOf(tar: AsyncIterable<Uint8Array> | undefined): Promise<Record<string, string>> {
  const reader = extract();
  Readable.from(tar ?? [], { objectMode: false }).pipe(reader);
  const found: Record<string, string> = {};
  for await (const entry of reader) {
    const { name, type, linkname, mode } = entry.header;
    const body = await text(entry);
    const mark = type === 'file' && (mode ?? 0) & 0o100 ? '*' : '';
    found[name] = type === 'symlink' ? `-> ${linkname}` : type === 'directory' ? '/' : `${body}${mark}`;
  }
  return found;
}
