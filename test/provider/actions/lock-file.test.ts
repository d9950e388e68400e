import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { WrongInput } from '../../../runner/host/fault.ts';
import { lockText, readLock, writeLock } from '../../../runner/provider/local/actions/lock-file.ts';
import { folder } from '../../ground/folder.ts';

const [one, two] = ['1'.repeat(40), `12e4${'0'.repeat(36)}`];

test('a lock file reads as it was written, in whatever order its entries came', async (t) => {
  const top = folder(t);
  t.is(await readLock(top), undefined);
  mkdirSync(join(top, '.github'));
  await writeLock(
    top,
    new Map([
      ['octo/b@v1', two],
      ['Octo/a@main', one],
    ]),
  );
  const text = readFileSync(join(top, '.github/lightv-actions.lock'), 'utf8');
  t.is(
    text,
    lockText(
      new Map([
        ['Octo/a@main', one],
        ['octo/b@v1', two],
      ]),
    ),
  );
  t.true(text.endsWith(`actions:\n  Octo/a@main: "${one}"\n  octo/b@v1: "${two}"\n`), text);
  t.deepEqual(
    (await readLock(top))?.commits,
    new Map([
      ['octo/a@main', one],
      ['octo/b@v1', two],
    ]),
  );
});

test('all that is wrong with a lock file is told with its places', async (t) => {
  const top = folder(t);
  mkdirSync(join(top, '.github'));
  const file = join(top, '.github/lightv-actions.lock');
  writeFileSync(file, 'version: 2\nactions:\n  octo/a@v1: abc\n  octo: "1"\n  octo/b@v1: [1]\n');
  const error = await t.throwsAsync(readLock(top), { instanceOf: WrongInput });
  t.deepEqual(
    error?.problems.map(({ message, place }) => `${place?.line}:${place?.column} ${message}`),
    [
      "1:10 'version': found 2; this LightV reads 1",
      "3:14 'octo/a@v1': found 'abc'; allowed: the 40 hex digits of a commit",
      "4:3 found 'octo'; allowed: owner/repo@ref",
      "5:14 'octo/b@v1': found ''; allowed: the 40 hex digits of a commit",
    ],
  );
  t.true(error?.problems.every(({ place }) => place?.file === file));
});
