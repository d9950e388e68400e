import { extract, type Header, pack } from 'tar-stream';

/** An entry as a guest, or another program, might write it. */
export type TarEntry = Partial<Header> & { readonly name: string; readonly text?: string | Buffer };

export function tarOf(...entries: readonly TarEntry[]): AsyncIterable<Uint8Array> {
  const archive = pack();
  for (const { text, ...header } of entries) {
    archive.entry(header, text ?? '');
  }
  archive.finalize();
  return archive as AsyncIterable<Uint8Array>;
}

/** A tar of regular files: texts by name. */
export function tarOfFiles(files: Readonly<Record<string, string>>): AsyncIterable<Uint8Array> {
  return tarOf(...Object.entries(files).map(([name, text]) => ({ name, text })));
}

export interface FoundEntry {
  readonly name: string;
  readonly type: string;
  /** The permission bits. */
  readonly mode: number;
  readonly link: string | undefined;
  readonly size: number;
  readonly text: string;
}

/** All that a tar holds, read as a whole first. */
export async function entriesOf(tar: AsyncIterable<Uint8Array>): Promise<FoundEntry[]> {
  const found: FoundEntry[] = [];
  const reader = extract();
  reader.end(await collect(tar));
  for await (const entry of reader) {
    const { name, type, mode, linkname, size } = entry.header;
    found.push({
      name,
      type: String(type),
      mode: Number(mode) & 0o7777,
      link: linkname ?? undefined,
      size: Number(size),
      text: (await collect(entry as unknown as AsyncIterable<Uint8Array>)).toString(),
    });
  }
  return found;
}

/** By path: its text, `-> target` or `/`; executables end in `*`. Nothing for no tar. */
export async function contentsOf(tar: AsyncIterable<Uint8Array> | undefined): Promise<Record<string, string>> {
  const found = tar === undefined ? [] : await entriesOf(tar);
  return Object.fromEntries(
    found.map(({ name, type, mode, link, text }) => {
      const mark = type === 'file' && mode & 0o100 ? '*' : '';
      return [name, type === 'symlink' ? `-> ${link}` : type === 'directory' ? '/' : `${text}${mark}`];
    }),
  );
}

export async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
