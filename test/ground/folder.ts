import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext, TestFn } from 'ava';

/** An empty folder of a test's own, gone with it. */
export function folder(t: Pick<ExecutionContext, 'teardown'>): string {
  const made = make();
  t.teardown(() => remove(made));
  return made;
}

/** An empty folder that all tests of a file share, gone after the last. */
export function folderOfAll<Context>(test: TestFn<Context>): string {
  const made = make();
  test.after.always(() => remove(made));
  return made;
}

/** An empty folder while `body` works in it. */
export async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const made = make();
  try {
    await body(made);
  } finally {
    remove(made);
  }
}

/** Below a short path: sockets are made in such folders. */
function make(): string {
  return mkdtempSync(join(tmpdir(), 'lvt-'));
}

function remove(made: string): void {
  rmSync(made, { recursive: true, force: true });
}
