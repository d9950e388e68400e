/** What the guest sent is not what PROTOCOL.md allows. Closes the line. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

/** Reads the fields of one payload; every method throws a `ProtocolError` when the payload ends before the field does. */
export class PayloadReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  u8(): number {
    return this.#bytes.readUInt8(this.#take(1));
  }

  u16(): number {
    return this.#bytes.readUInt16LE(this.#take(2));
  }

  u32(): number {
    return this.#bytes.readUInt32LE(this.#take(4));
  }

  u64(): bigint {
    return this.#bytes.readBigUInt64LE(this.#take(8));
  }

  /** A text field: its length, its bytes without a NUL, and one NUL. Bytes that are not UTF-8 become U+FFFD. */
  text(): string {
    const size = this.u32();
    const at = this.#take(size + 1);
    const end = at + size;
    if (this.#bytes.indexOf(0, at) !== end) {
      throw new ProtocolError('a text is not ended by its only NUL');
    }
    return this.#bytes.toString('utf8', at, end);
  }

  bytes(most: number): Buffer {
    const size = this.u32();
    if (size > most) {
      throw new ProtocolError(`${size} bytes where ${most} are allowed`);
    }
    const at = this.#take(size);
    return this.#bytes.subarray(at, at + size);
  }

  /** `count` items of at least `least` bytes each; refused before anything is made of them when they cannot fit. */
  list<T>(least: number, item: () => T): T[] {
    const count = this.u32();
    if (count * least > this.#bytes.length - this.#at) {
      throw new ProtocolError(`a list of ${count} does not fit its frame`);
    }
    return Array.from({ length: count }, item);
  }

  /** Throws when something is left over. */
  end(): void {
    if (this.#at !== this.#bytes.length) {
      throw new ProtocolError(`${this.#bytes.length - this.#at} bytes too many in a frame`);
    }
  }

  #take(size: number): number {
    const at = this.#at;
    if (size > this.#bytes.length - at) {
      throw new ProtocolError('a frame ends inside a field');
    }
    this.#at = at + size;
    return at;
  }
}

/** Builds one payload. */
export class PayloadWriter {
  readonly #parts: Buffer[] = [];

  u8(value: number): this {
    return this.#put(1, (part) => part.writeUInt8(value));
  }

  u16(value: number): this {
    return this.#put(2, (part) => part.writeUInt16LE(value));
  }

  u32(value: number): this {
    return this.#put(4, (part) => part.writeUInt32LE(value));
  }

  u64(value: bigint): this {
    return this.#put(8, (part) => part.writeBigUInt64LE(value));
  }

  /** Throws a `RangeError` for a text with a NUL in it: no path, argument or variable can hold one. */
  text(value: string): this {
    if (value.includes('\0')) {
      throw new RangeError(`a NUL character in ${JSON.stringify(value.slice(0, 80))}`);
    }
    const text = Buffer.from(`${value}\0`, 'utf8');
    this.u32(text.length - 1);
    this.#parts.push(text);
    return this;
  }

  bytes(value: Uint8Array): this {
    this.u32(value.length);
    this.#parts.push(Buffer.from(value));
    return this;
  }

  list<T>(items: readonly T[], item: (value: T) => void): this {
    this.u32(items.length);
    for (const value of items) {
      item(value);
    }
    return this;
  }

  done(): Buffer {
    return Buffer.concat(this.#parts);
  }

  #put(size: number, write: (part: Buffer) => void): this {
    const part = Buffer.alloc(size);
    write(part);
    this.#parts.push(part);
    return this;
  }
}
