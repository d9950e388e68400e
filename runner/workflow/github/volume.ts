import { posix } from 'node:path';
import type { Volume } from '../../model/container.ts';

/**
 * Reads `name:/folder`, or `/folder` alone, with Docker's modes behind; a string says why it cannot be had. A folder of
 * the host cannot: a guest sees nothing of this machine.
 */
export function readVolume(text: string): Volume | string {
  const parts = text.split(':');
  const mode =
    parts.length > 1 && /^(?:r[ow]|z|Z|nocopy|cached|delegated|consistent)(?:,|$)/.test(parts.at(-1) ?? '')
      ? parts.pop()
      : undefined;
  const [first = '', second, ...more] = parts;
  const path = second ?? first;
  if (more.length > 0 || !path.startsWith('/') || posix.normalize(path) === '/') {
    return `found '${text}'; allowed: name:/folder or /folder`;
  }
  if (mode?.split(',').includes('ro')) {
    return `'${text}' is read-only, which is not there yet`;
  }
  const clean = posix.normalize(path).replace(/\/$/, '');
  if (second === undefined) {
    return { path: clean };
  }
  if (first.startsWith('/') || first.startsWith('.') || first.startsWith('~')) {
    return `'${first}' is a folder of the host, of which a machine sees nothing; allowed: name:/folder or /folder`;
  }
  return /^[a-zA-Z0-9][\w.-]*$/.test(first)
    ? { name: first, path: clean }
    : `found the name '${first}'; allowed: letters, digits, "_", "." and "-"`;
}
