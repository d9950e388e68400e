import { gunzipSync } from 'node:zlib';
import { unpack } from './unpack.ts';

const bzImageMagic = 'HdrS';
const elfMagic = Buffer.from([0x7f, 0x45, 0x4c, 0x46]);

/**
 * The ELF kernel packed in a bzImage (Documentation/arch/x86/boot.rst), when it has the PVH entry point that QEMU and
 * Firecracker start directly; that spares an emulated guest from unpacking it at every boot. `undefined` where it is
 * packed in a way this host cannot unpack or has no such entry: then the bzImage itself boots, only slower.
 */
export async function vmlinuxOf(bzImage: Buffer): Promise<Buffer | undefined> {
  if (bzImage.length < 0x260 || bzImage.toString('latin1', 0x202, 0x206) !== bzImageMagic) {
    return undefined;
  }
  const setupSectors = bzImage.readUInt8(0x1f1) || 4;
  const start = (setupSectors + 1) * 512 + bzImage.readUInt32LE(0x248);
  const payload = bzImage.subarray(start, start + bzImage.readUInt32LE(0x24c));
  const kernel = await unpackPayload(payload);
  return kernel !== undefined && bootsByPvh(kernel) ? kernel : undefined;
}

/** Every packing but gzip carries the unpacked size in four bytes behind it, which are not part of the packed data. */
async function unpackPayload(payload: Buffer): Promise<Buffer | undefined> {
  try {
    return payload.readUInt16BE(0) === 0x1f8b ? gunzipSync(payload) : await unpack(payload.subarray(0, -4));
  } catch {
    // A kernel that cannot be unpacked here is no failure: see above.
    return undefined;
  }
}

/** Looks for the note XEN_ELFNOTE_PHYS32_ENTRY: name size 4, value size 4 or 8, type 18, name "Xen". */
function bootsByPvh(kernel: Buffer): boolean {
  return (
    kernel.subarray(0, 4).equals(elfMagic) &&
    [4, 8].some((size) => kernel.includes(Buffer.from([4, 0, 0, 0, size, 0, 0, 0, 18, 0, 0, 0, 0x58, 0x65, 0x6e, 0])))
  );
}
