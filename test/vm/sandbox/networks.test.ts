import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { Networks } from '../../../runner/vm/sandbox/networks.ts';
import { programsOf } from '../../ground/programs.ts';

const { signal } = new AbortController();

test('the next machine of a run takes what the one before gave back; two at once have one each', async (t) => {
  const networks = new Networks();
  const options = { run: `networks-${process.pid}`, signal };
  const first = await networks.take(options);
  const second = await networks.take(options);
  t.not(first, second);
  await networks.give(options.run, first);
  t.is(await networks.take(options), first);
  await networks.give(options.run, first);
  await networks.give(options.run, second);
  await networks.end(options.run);
  t.deepEqual(programsOf(options.run), []);
});

test('one that lost its way out is not handed on', async (t) => {
  const networks = new Networks();
  const options = { run: `networks-lost-${process.pid}`, signal };
  const first = await networks.take(options);
  const pasta = programsOf(options.run).find((pid) => /^pass?ta?/.test(readFileSync(`/proc/${pid}/comm`, 'utf8')));
  process.kill(Number(pasta), 'SIGKILL');
  while (first.works()) {
    await delay(10);
  }
  await networks.give(options.run, first);
  const second = await networks.take(options);
  t.not(second, first);
  t.true(second.works());
  await networks.end(options.run);
  await networks.give(options.run, second);
  t.deepEqual(programsOf(options.run), []);
});
