import { gunzipSync } from 'node:zlib';
import { execa } from 'execa';
import { HostFault } from '../host/fault.ts';
import { isLegacyLz4, unpackLegacyLz4 } from './lz4.ts';

const programs = [
  { magic: Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]), program: 'xz', package: 'xz-utils' },
  { magic: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), program: 'zstd', package: 'zstd' },
] as const;

/**
 * Unpacks gzip, xz, zstd and the kernel's LZ4, told apart by their first bytes; anything else is returned as it is.
 * xz and zstd are done by the host's programs of these names; a `HostFault` says so where they are missing or fail.
 */
export async function unpack(bytes: Buffer): Promise<Buffer> {
  if (isLegacyLz4(bytes)) {
    return unpackLegacyLz4(bytes);
  }
  if (bytes.length > 2 && bytes.readUInt16BE(0) === 0x1f8b) {
    return gunzipSync(bytes);
  }
  const packed = programs.find(({ magic }) => bytes.subarray(0, magic.length).equals(magic));
  return packed === undefined ? bytes : throughProgram(packed.program, packed.package, bytes);
}

async function throughProgram(program: string, debian: string, input: Buffer): Promise<Buffer> {
  const argv = ['--pdeathsig', 'KILL', '--', program, '-dc'];
  const result = await execa('setpriv', argv, {
    input,
    encoding: 'buffer',
    maxBuffer: 256 * 1024 * 1024,
    timeout: 60_000,
    reject: false,
  });
  if (result.failed) {
    const why = Buffer.from(result.stderr ?? []).toString() || result.shortMessage;
    throw new HostFault(`unpack with ${program} (apt-get install ${debian})`, why);
  }
  return Buffer.from(result.stdout);
}
