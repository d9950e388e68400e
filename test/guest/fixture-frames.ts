import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One frame as both sides have to read and write it; `fields` is how the C side prints it. */
export interface FixtureFrame {
  readonly name: string;
  readonly from: 'host' | 'guest';
  readonly id: number;
  readonly message: { readonly kind: string };
  readonly hex: string;
  readonly fields: string;
}

const bigints = new Set(['clock', 'nonce', 'uptime', 'echo']);
const buffers = new Set(['seed', 'data']);

export const fixtureFrames = read('frames.json') as readonly FixtureFrame[];
export const malformedFrames = read('malformed.json') as readonly Pick<FixtureFrame, 'name' | 'from' | 'hex'>[];

function read(name: string): unknown {
  const text = readFileSync(join(import.meta.dirname, 'fixtures', name), 'utf8');
  return JSON.parse(text, (key, value: unknown) => {
    if (typeof value !== 'string') {
      return value;
    }
    return bigints.has(key) ? BigInt(value) : buffers.has(key) ? Buffer.from(value, 'hex') : value;
  });
}
