import { ProtocolError } from './wire.ts';

/** Bytes before a payload: its length (u32), the frame's type (u8), the id it belongs to (u32); all little-endian. */
const frameHeader = 9;
/** The largest payload either end takes, in bytes. */
export const frameMax = 1 << 20;
/** The most bytes of output or input in one frame. */
export const chunkMax = 1 << 16;

export interface Frame {
  readonly type: number;
  readonly id: number;
  readonly payload: Buffer;
}

/** Throws a `RangeError` when the payload is larger than a frame may be. */
export function encodeFrame(frame: Frame): Buffer {
  if (frame.payload.length > frameMax) {
    throw new RangeError(`a frame of ${frame.payload.length} bytes; the protocol allows ${frameMax}`);
  }
  const bytes = Buffer.allocUnsafe(frameHeader + frame.payload.length);
  bytes.writeUInt32LE(frame.payload.length, 0);
  bytes.writeUInt8(frame.type, 4);
  bytes.writeUInt32LE(frame.id, 5);
  frame.payload.copy(bytes, frameHeader);
  return bytes;
}

/** Cuts a byte stream into frames wherever its chunks end. Holds at most one frame that is not whole yet. */
export class FrameDecoder {
  #chunks: Buffer[] = [];
  #size = 0;

  /**
   * The frames that became whole with this chunk, in order; payloads may share its memory. Throws a `ProtocolError` as
   * soon as a header announces more than `frameMax`.
   */
  *push(chunk: Buffer): Generator<Frame, void, void> {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    while (this.#size >= frameHeader) {
      const size = this.#peek().readUInt32LE(0);
      if (size > frameMax) {
        throw new ProtocolError(`a frame of ${size} bytes; ${frameMax} are allowed`);
      }
      if (this.#size < frameHeader + size) {
        return;
      }
      const bytes = this.#take(frameHeader + size);
      yield { type: bytes.readUInt8(4), id: bytes.readUInt32LE(5), payload: bytes.subarray(frameHeader) };
    }
  }

  #peek(): Buffer {
    const [first] = this.#chunks;
    if (first === undefined || first.length < frameHeader) {
      this.#chunks = [Buffer.concat(this.#chunks)];
    }
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  #take(size: number): Buffer {
    const all = this.#chunks.length === 1 ? this.#peek() : Buffer.concat(this.#chunks);
    this.#chunks = all.length === size ? [] : [all.subarray(size)];
    this.#size -= size;
    return all.subarray(0, size);
  }
}
