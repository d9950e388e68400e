import { randomBytes } from 'node:crypto';

/** Crockford's alphabet: sorts as it counts and has no letters that are taken for digits. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const epoch = Date.UTC(2024, 0, 1);

/** Nine lower-case letters and digits: six for the second (until 2058), so that ids sort by time, three by chance. */
export function newRunId(now = Date.now()): string {
  const seconds = Math.floor((now - epoch) / 1000);
  return digits(seconds, 6) + digits(randomBytes(2).readUInt16BE(), 3);
}

function digits(value: number, count: number): string {
  let text = '';
  let rest = value;
  for (let index = 0; index < count; index += 1) {
    text = (alphabet[rest % 32] ?? '') + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}
