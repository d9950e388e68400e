import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { execa } from 'execa';
import { HostFault } from '../../runner/host/fault.ts';
import { runUnhurried } from '../../runner/host/unhurried-process.ts';
import { folderOfAll } from '../ground/folder.ts';

const folder = folderOfAll(test);

test('tells the lines of both streams, the last one without an end too, and whether it went well', async (t) => {
  const lines: string[] = [];
  const onLine = (line: string) => lines.push(line);
  const script = 'printf "one\\n\\303"; sleep 0.3; printf "\\251\\n"; echo three >&2; printf four';
  t.true(await runUnhurried('talk', ['sh', '-c', script], { onLine }));
  t.deepEqual(lines, ['one', 'é', 'three', 'four']);
  t.false(await runUnhurried('fail', ['false'], { onLine }));
});

test('a program that is not there is a fault', async (t) => {
  const run = runUnhurried('start nothing', ['lightv-no-such-program'], { onLine: () => {} });
  await t.throwsAsync(run, { instanceOf: HostFault, message: /^could not start nothing: .*ENOENT/ });
});

test('an abort asks, and waits until the program has come to its end', async (t) => {
  const stop = new AbortController();
  const lines: string[] = [];
  const onLine = (line: string) => {
    lines.push(line);
    stop.abort();
  };
  const script = 'trap "sleep 0.3; echo done; exit 7" INT; echo working; while :; do sleep 0.05; done';
  t.false(await runUnhurried('work', ['sh', '-c', script], { onLine, signal: stop.signal }));
  t.deepEqual(lines, ['working', 'done']);
});

test('it goes on and can go on printing after a kill -9 of whoever started it', async (t) => {
  const end = join(folder, 'end');
  const script = `echo working; sleep 1; echo more && echo more && touch ${end}`;
  const starter = execa(
    process.execPath,
    [
      '--import=tsx',
      '--input-type=module',
      '--eval',
      `import { runUnhurried } from ${JSON.stringify(new URL('../../runner/host/unhurried-process.ts', import.meta.url))};
       await runUnhurried('work', ['sh', '-c', ${JSON.stringify(script)}], { onLine: (line) => console.log(line) });`,
    ],
    { reject: false },
  );
  for await (const line of starter) {
    t.is(line, 'working');
    starter.kill('SIGKILL');
  }
  t.is((await starter).signal, 'SIGKILL');
  for (let tries = 0; !existsSync(end) && tries < 400; tries += 1) {
    await delay(50);
  }
  t.true(existsSync(end));
});
