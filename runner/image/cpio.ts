/** One thing in an archive: a file when it has contents, else a folder. Folders come before what is in them. */
export interface CpioEntry {
  /** Relative, without a leading slash. */
  readonly name: string;
  /** Permission bits. */
  readonly mode: number;
  readonly contents?: Uint8Array;
}

const fileType = 0o100000;
const folderType = 0o040000;

/**
 * A cpio archive of the "newc" form, as the kernel unpacks it into its first root file system
 * (Documentation/driver-api/early-userspace/buffer-format.rst). Owned by root, without times: same entries, same bytes.
 */
export function cpioArchive(entries: readonly CpioEntry[]): Buffer {
  const parts = entries.flatMap((entry, index) => {
    const type = entry.contents === undefined ? folderType : fileType;
    return member(entry.name, index + 1, type | entry.mode, entry.contents ?? Buffer.alloc(0));
  });
  return Buffer.concat([...parts, ...member('TRAILER!!!', 0, 0, Buffer.alloc(0))]);
}

function member(name: string, inode: number, mode: number, contents: Uint8Array): Uint8Array[] {
  const named = Buffer.from(`${name}\0`);
  const fields = [inode, mode, 0, 0, 1, 0, contents.length, 0, 0, 0, 0, named.length, 0];
  const header = Buffer.from(`070701${fields.map(hex).join('')}`);
  return [header, named, padding(header.length + named.length), contents, padding(contents.length)];
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}

function padding(length: number): Buffer {
  return Buffer.alloc((4 - (length % 4)) % 4);
}
