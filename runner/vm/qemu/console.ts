import type { Readable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';

/** The end of what a guest wrote to its serial console, kept for errors; a guest can write for ever. */
export class ConsoleTail {
  readonly #limit: number;
  #chunks: Buffer[] = [];
  #size = 0;

  /** `limit` in bytes. */
  constructor(limit = 16 * 1024) {
    this.#limit = limit;
  }

  /** Reads a stream to its end, whatever it says. */
  follow(stream: Readable): void {
    stream.on('data', (chunk: Buffer) => this.push(chunk));
    // The process's end is what is told; its console breaking is part of that.
    stream.on('error', () => {});
  }

  push(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.subarray(Math.max(0, chunk.length - this.#limit)));
    this.#chunks.push(bytes);
    this.#size += bytes.length;
    while (this.#size - (this.#chunks[0]?.length ?? 0) >= this.#limit) {
      this.#size -= this.#chunks.shift()?.length ?? 0;
    }
  }

  /** The last `count` lines with something in them, without control characters, each at most 300 characters. */
  lines(count: number): readonly string[] {
    const text = Buffer.concat(this.#chunks).subarray(-this.#limit).toString('utf8');
    const lines = stripVTControlCharacters(text).split(/[\r\n]+/);
    return lines
      .map((line) =>
        line
          .replace(/[\x00-\x1f\x7f]/g, '')
          .trimEnd()
          .slice(0, 300),
      )
      .filter((line) => line !== '')
      .slice(-count);
  }

  /** As `lines`, with the kernel's word of its panic before them where its trace has pushed that out. */
  verdict(count: number): readonly string[] {
    const last = this.lines(count);
    const panic = this.lines(Number.MAX_SAFE_INTEGER).findLast((line) => line.includes('Kernel panic'));
    return panic === undefined || last.includes(panic) ? last : [panic, ...last.slice(1)];
  }
}
