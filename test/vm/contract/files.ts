import { never } from '../../ground/never.ts';
import { entriesOf, tarOf } from '../../ground/tar.ts';
import type { Case } from './bench.ts';
import { text } from './script.ts';

/** Machines may say `./` before a name and `/` after it. */
async function found(tar: AsyncIterable<Uint8Array>) {
  return (await entriesOf(tar)).map((entry) => ({
    ...entry,
    name: entry.name.replace(/^\.\//, '').replace(/\/$/, ''),
  }));
}

/** What copies do, on the same machine. */
export const files: Readonly<Record<string, Case>> = {
  'files in and out': async (t, machine) => {
    const tar = tarOf(
      { name: 'sub', type: 'directory', mode: 0o755 },
      { name: 'sub/run.sh', mode: 0o750, text: '#!/bin/sh\necho hi\n' },
      { name: 'link', type: 'symlink', linkname: 'sub/run.sh' },
      { name: 'plain', mode: 0o640, text: 'plain text' },
    );
    await machine.copyIn(tar, '/workspace/copied', never);
    t.is(await text(machine, 'copied/sub/run.sh; cat copied/link | tail -n 1'), 'hi\necho hi\n');
    const all = await found(await machine.copyOut('/workspace/copied', never));
    t.is(all.find((entry) => entry.name === 'sub/run.sh')?.mode, 0o750);
    t.is(all.find((entry) => entry.name === 'link')?.link, 'sub/run.sh');
    t.is(all.find((entry) => entry.name === 'plain')?.text, 'plain text');
    const some = await found(await machine.copyOut('/workspace/copied', never, { only: ['plain', 'link'] }));
    t.deepEqual(
      some.map((entry) => entry.name),
      ['plain', 'link'],
    );
    const names = await found(await machine.copyOut('/workspace/copied', never, { namesOnly: true }));
    t.deepEqual(names.map((entry) => entry.name).sort(), all.map((entry) => entry.name).sort());
    t.true(names.every((entry) => entry.size === 0));
    const single = await found(await machine.copyOut('/workspace/copied/plain', never));
    t.deepEqual(
      single.map((entry) => [entry.name, entry.text]),
      [['plain', 'plain text']],
    );
  },
  'what is not there cannot be copied': async (t, machine) => {
    await t.throwsAsync(async () => entriesOf(await machine.copyOut('/workspace/none', never)));
  },
};
