/**
 * The last 512 bytes of a `.lv` file. Little-endian: magic (8 bytes), format version (u32), bytes of the manifest (u32),
 * bytes of the file system (u64), SHA-256 of the manifest (32 bytes), zeros. The manifest starts where the file system
 * ends; zeros fill the room between manifest and footer so that the file is a whole number of 4096-byte blocks.
 */
export const footerSize = 512;
export const blockSize = 4096;
const magic = Buffer.from('LightV\r\n', 'latin1');
const formatVersion = 1;

/** A manifest is read into memory before anything about the file is trusted. */
const manifestLimit = 1024 * 1024;

export interface Footer {
  readonly fileSystemSize: number;
  readonly manifestSize: number;
  /** 64 hex digits. */
  readonly manifestDigest: string;
}

/** Bytes of a whole `.lv` file with these parts. */
export function imageSize(parts: Pick<Footer, 'fileSystemSize' | 'manifestSize'>): number {
  return Math.ceil((parts.fileSystemSize + parts.manifestSize + footerSize) / blockSize) * blockSize;
}

export function encodeFooter(footer: Footer): Buffer {
  const bytes = Buffer.alloc(footerSize);
  magic.copy(bytes, 0);
  bytes.writeUInt32LE(formatVersion, 8);
  bytes.writeUInt32LE(footer.manifestSize, 12);
  bytes.writeBigUInt64LE(BigInt(footer.fileSystemSize), 16);
  Buffer.from(footer.manifestDigest, 'hex').copy(bytes, 24);
  return bytes;
}

/** Reads a footer of a file of `size` bytes; a string is the sentence that says why it is none. */
export function decodeFooter(bytes: Buffer, size: number): Footer | string {
  if (bytes.length !== footerSize || !bytes.subarray(0, magic.length).equals(magic)) {
    return 'is not a LightV image or was cut short: its last 512 bytes are not a LightV footer';
  }
  const version = bytes.readUInt32LE(8);
  if (version !== formatVersion) {
    return `has image format ${version}; this LightV reads format ${formatVersion}`;
  }
  const manifestSize = bytes.readUInt32LE(12);
  const wide = bytes.readBigUInt64LE(16);
  if (manifestSize === 0 || manifestSize > manifestLimit || wide === 0n || wide > BigInt(size)) {
    return 'is damaged: its footer names parts that do not fit into the file';
  }
  const fileSystemSize = Number(wide);
  if (fileSystemSize % blockSize !== 0 || imageSize({ fileSystemSize, manifestSize }) !== size) {
    return `is damaged: its parts do not add up to its ${size} bytes`;
  }
  return { fileSystemSize, manifestSize, manifestDigest: bytes.subarray(24, 56).toString('hex') };
}
