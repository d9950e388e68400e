import type { Isolation, MachinePolicy } from '../model/workflow.ts';

/** GitHub's rule for the ids of jobs and steps. */
export const idPattern = /^[A-Za-z_][A-Za-z0-9_-]{0,99}$/;
/** `idPattern` in words. */
export const idAllowed = "letters, digits, '-' and '_', a letter or '_' first, at most 100 characters";

/** Names of secrets, which become environment variables too. */
export const secretPattern = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** `secretPattern` in words. */
export const secretAllowed = "letters, digits and '_', not a digit first";

/** Levels of isolation a file may name, strongest first after `auto`. */
export const isolationNames: readonly Isolation[] = ['auto', 'microvm', 'gvisor', 'sandbox', 'wasm'];

export const machineNames: readonly MachinePolicy[] = ['fresh', 'auto', 'kept'];

/** Images that come with LightV. */
export const shippedImages = ['busybox', 'debian'];

/** What an image may be, in words. */
export const imageAllowed = `${shippedImages.join(', ')}, a folder (./folder), a file (path/to/image.lv) or docker://name:tag`;

/** Whether a text can name an image: one that is shipped, a folder written with a slash, or a `.lv` file. */
export function isImageReference(text: string): boolean {
  return shippedImages.includes(text) || text.endsWith('.lv') || (text.includes('/') && !text.includes('\0'));
}

/** What is wrong with an artifact's name, which becomes a folder's, or `undefined`. */
export function artifactNameFault(name: string): string | undefined {
  const bad = /["<>:|*?\r\n\\/\0]/.exec(name)?.[0];
  if (bad !== undefined) {
    return `holds ${JSON.stringify(bad)}; an artifact's name holds none of " < > : | * ? \\ / and no line end`;
  }
  if (name.trim() === '' || name === '.' || name === '..') {
    return "is no name for an artifact's folder";
  }
  return Buffer.byteLength(name) > 200 ? 'is longer than 200 bytes' : undefined;
}
