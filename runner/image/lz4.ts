const legacyMagic = 0x184c2102;
const legacyBlock = 8 * 1024 * 1024;

/** True for the start of what `lz4 -l` writes, the form in which kernels are packed. */
export function isLegacyLz4(bytes: Buffer): boolean {
  return bytes.length > 8 && bytes.readUInt32LE(0) === legacyMagic;
}

/** Unpacks LZ4's legacy frame (lz4_Frame_format.md): blocks of at most 8 MiB. Throws a `RangeError` for broken input. */
export function unpackLegacyLz4(bytes: Buffer): Buffer {
  const blocks: Buffer[] = [];
  let at = 4;
  while (at + 4 <= bytes.length) {
    const size = bytes.readUInt32LE(at);
    if (size !== legacyMagic) {
      blocks.push(unpackBlock(bytes.subarray(at + 4, at + 4 + size)));
      at += size;
    }
    at += 4;
  }
  return Buffer.concat(blocks);
}

/** One block (lz4_Block_format.md): runs of literals, each but the last followed by a copy from what was written. */
function unpackBlock(block: Buffer): Buffer {
  const out = Buffer.allocUnsafe(legacyBlock);
  let [at, end] = [0, 0];
  const length = (nibble: number): number => {
    let total = nibble;
    for (let more = nibble === 15 ? 255 : 0; more === 255; total += more) {
      more = block.readUInt8(at++);
    }
    return total;
  };
  while (at < block.length) {
    const token = block.readUInt8(at++);
    const literals = length(token >> 4);
    room(end + literals);
    block.copy(out, end, at, at + literals);
    at += literals;
    end += literals;
    if (at >= block.length) {
      break;
    }
    const distance = block.readUInt16LE(at);
    at += 2;
    const copied = length(token & 15) + 4;
    room(end + copied);
    repeat(out, end, distance, copied);
    end += copied;
  }
  return out.subarray(0, end);
}

function room(end: number): void {
  if (end > legacyBlock) {
    throw new RangeError('an LZ4 block is larger than its format allows');
  }
}

function repeat(out: Buffer, end: number, distance: number, length: number): void {
  if (distance === 0 || distance > end) {
    throw new RangeError('an LZ4 block copies from before its start');
  }
  if (distance >= length) {
    out.copy(out, end, end - distance, end - distance + length);
    return;
  }
  for (let index = end; index < end + length; index++) {
    out[index] = out[index - distance] as number;
  }
}
