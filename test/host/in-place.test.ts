import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { HostFault } from '../../runner/host/fault.ts';
import { makeFolder, makeFolderSync } from '../../runner/host/in-place.ts';

const folder = mkdtempSync(join(tmpdir(), 'lightv-place-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

test('a folder is made with those above it, and left alone when it is there', async (t) => {
  const path = join(folder, 'a', 'b', 'c');
  await makeFolder(path, 0o700);
  t.is(statSync(path).mode & 0o777, 0o700);
  await makeFolder(path, 0o755);
  t.is(statSync(path).mode & 0o777, 0o700);
});

test('a place that takes no folders is a fault that names it, also where Node would try for ever', (t) => {
  writeFileSync(join(folder, 'file'), '');
  for (const path of ['/proc/lightv', '/proc/lightv/below', join(folder, 'file'), join(folder, 'file', 'below')]) {
    const error = t.throws(() => makeFolderSync(path), { instanceOf: HostFault });
    t.true(error?.message.startsWith(`could not make the folder ${path}: `), error?.message);
  }
});
