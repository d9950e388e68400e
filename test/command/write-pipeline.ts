import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { folder } from '../ground/folder.ts';

/** The path of a file with this text, gone with the test. */
export function writePipeline(t: ExecutionContext, text: string): string {
  const file = join(folder(t), 'pipeline.yaml');
  writeFileSync(file, text);
  return file;
}
