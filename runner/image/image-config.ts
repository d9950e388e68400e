import type { ImageConfig } from '../model/image.ts';
import { parseBytes } from '../workflow/quantity.ts';
import type { ImageDefinition } from './definition.ts';

/** `PATH` of images that name none. */
export const usualPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What a definition says of the machines made from its image. */
export function imageConfig({ env, shells, memory, minMemory }: ImageDefinition): ImageConfig {
  return {
    env: { PATH: usualPath, ...env },
    shells,
    ...bytesOf('memory', memory),
    ...bytesOf('minMemory', minMemory),
  };
}

function bytesOf(key: 'memory' | 'minMemory', text: string | undefined): Partial<Record<typeof key, number>> {
  const bytes = text === undefined ? undefined : parseBytes(text);
  return bytes === undefined ? {} : { [key]: bytes };
}
