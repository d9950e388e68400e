import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

/** A part of a file: `length` bytes from `start` on. */
export interface FileRange {
  readonly start: number;
  readonly length: number;
}

/** SHA-256 of text or bytes as 64 hex digits. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** SHA-256 of a file or a part of it as 64 hex digits, read in pieces. Rejects with the system's own error. */
export async function sha256File(path: string, range?: FileRange, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  if (range?.length === 0) {
    return hash.digest('hex');
  }
  const part = range === undefined ? {} : { start: range.start, end: range.start + range.length - 1 };
  await pipeline(createReadStream(path, { ...part, highWaterMark: 1024 * 1024 }), hash, {
    ...(signal ? { signal } : {}),
  });
  return hash.digest('hex');
}
