import { buffer } from 'node:stream/consumers';
import { crc32, deflateRawSync } from 'node:zlib';
import { type Options, ZipFile } from 'yazl';

/** A zip of texts by their names. */
export async function zipOf(files: Readonly<Record<string, string>>, options: Partial<Options> = {}): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, text] of Object.entries(files)) {
    zip.addBuffer(Buffer.from(text), name, options);
  }
  zip.end();
  return await buffer(zip.outputStream);
}

/** A zip that no well-meaning writer would make: of one file, or of `count` that are one and the same. */
export function rawZip(
  name: string,
  text: string,
  about: { readonly size?: number; readonly mode?: number; readonly count?: number } = {},
): Buffer {
  const data = deflateRawSync(text);
  const [names, size] = [Buffer.from(name), about.size ?? Buffer.byteLength(text)];
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(8, 4);
  common.writeUInt32LE(crc32(text), 10);
  common.writeUInt32LE(data.length, 14);
  common.writeUInt32LE(size, 18);
  common.writeUInt16LE(names.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, names, data]);
  const attributes = Buffer.alloc(14);
  attributes.writeUInt32LE(((about.mode ?? 0o100644) << 16) >>> 0, 6);
  const made = Buffer.from([20, 3]);
  const { count = 1 } = about;
  const record = Buffer.concat([Buffer.from('PK\x01\x02'), made, common, attributes, names]);
  const central = Buffer.concat(Array.from({ length: count }, () => record));
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}
