import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { findProgram, missingNeeds, needsOf } from '../../runner/host/packages.ts';
import { folderOfAll } from '../ground/folder.ts';

const folder = folderOfAll(test);

function program(name: string, mode = 0o755): void {
  writeFileSync(join(folder, name), '');
  chmodSync(join(folder, name), mode);
}

test('what PATH has is not missing, and only that', (t) => {
  program('bwrap');
  const missing = missingNeeds(['sandbox', 'checkout'], folder).map((need) => need.package);
  t.false(missing.includes('bubblewrap'));
  t.true(missing.includes('git'));
  t.deepEqual(missingNeeds(['checkout'], `${folder}:/usr/bin`), []);
});

test('a file that cannot be run and a relative entry of PATH are no programs', (t) => {
  program('lightv-test-plain', 0o644);
  program('lightv-test-program');
  t.is(findProgram('lightv-test-plain', folder), undefined);
  t.is(findProgram('lightv-test-program', `relative:${folder}`), join(folder, 'lightv-test-program'));
  t.is(findProgram('lightv-test-program', 'relative:'), undefined);
});

test('a program that two purposes need is told once', (t) => {
  const programs = needsOf(['sandbox', 'microvm']).map((need) => need.present);
  t.is(programs.filter((name) => name === 'mke2fs').length, 1);
});
