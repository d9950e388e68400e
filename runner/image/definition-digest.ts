import { createHash } from 'node:crypto';
import { arch } from 'node:os';
import { sha256File } from '../host/digest.ts';
import { sourcesOf } from './files.ts';
import type { ReadDefinition } from './read-definition.ts';

/** Raised whenever the same definition would be built into something else. */
const recipe = 3;

/** 64 hex digits over all that decides what an image becomes: its `lightv.yaml`, the host files it names, our recipe. */
export async function definitionDigest({ definition, folder, text }: ReadDefinition): Promise<string> {
  const hash = createHash('sha256').update(`recipe ${recipe} ${arch()}\n`).update(text);
  for (const file of definition.from.files ?? []) {
    if (file.from !== undefined) {
      for (const { source, path } of await sourcesOf(file, folder)) {
        hash.update(`\n${path} ${await sha256File(source)}`);
      }
    }
  }
  return hash.digest('hex');
}
