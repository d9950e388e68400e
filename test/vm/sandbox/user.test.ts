import { once } from 'node:events';
import { chown, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import { leaveOut } from '../../machines.ts';
import { type OrdinaryUser, ordinaryUser, uid } from './as-user.ts';

/** Where the tests run without root, the suite of sandboxes itself is an ordinary user's. */
function asRoot(title: string, body: (t: ExecutionContext) => Promise<void>): void {
  test.serial(title, async (t) => {
    t.timeout(180_000);
    if (process.getuid?.() === 0) {
      await body(t);
    } else {
      leaveOut(t, 'only root can become another user');
    }
  });
}

async function contractAs(t: ExecutionContext, user: OrdinaryUser): Promise<void> {
  const ava = 'cd lightv && exec node_modules/.bin/ava --tap test/vm/sandbox/contract.test.ts';
  const { code, text } = await user.run('sh', '-c', ava);
  t.is(code, 0, text);
  t.true(Number(/^# pass (\d+)$/m.exec(text)?.[1]) > 20, text);
}

asRoot('an ordinary user with one id: the contract of all machines', async (t) => {
  await contractAs(t, await ordinaryUser(t));
});

asRoot('an ordinary user with subordinate ids: the contract of all machines', async (t) => {
  await contractAs(t, await ordinaryUser(t, 'many'));
});
