import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';

/** The path of a file with this text, gone with the test. */
export function writePipeline(t: ExecutionContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'lightv-pipeline-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'pipeline.yaml');
  writeFileSync(file, text);
  return file;
}
