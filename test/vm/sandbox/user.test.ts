import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';
import { asRoot, type OrdinaryUser, ordinaryUser, uid } from '../../as-user.ts';

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
  await contractAs(t, await ordinaryUser(t, { ids: true }));
});

/** Command lines of what carries a run's id; what is dead has no environment. */
function processesOf(run: string): string[] {
  const read = (pid: string, file: string) => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'latin1');
    } catch {
      return ''; // gone under the look
    }
  };
  return readdirSync('/proc').flatMap((pid) =>
    /^\d+$/.test(pid) && read(pid, 'environ').split('\0').includes(`LIGHTV_RUN=${run}`)
      ? [read(pid, 'cmdline').replaceAll('\0', ' ')]
      : [],
  );
}

asRoot('an ordinary user: killed with -9, nothing is left of machine, disk and network', async (t) => {
  const user = await ordinaryUser(t, { tunnel: true });
  const run = `user-${process.pid}`;
  const scratch = join(user.home, 't', 's');
  await mkdir(scratch);
  await chown(scratch, uid, uid);
  const driver = ['--import', 'tsx', 'test/vm/sandbox/crash.ts', run, scratch, 'full'];
  const [file = '', ...args] = [...user.start, 'sh', '-c', 'cd lightv && exec node "$@"', 'node', ...driver];
  const child = execa(file, args, { env: user.env, extendEnv: false, reject: false, stderr: 'inherit' });
  await Promise.race([once(child.stdout, 'data'), child]);
  t.true(processesOf(run).some((line) => line.includes('init --stream')));
  t.true(processesOf(run).some((line) => line.includes('pasta')));
  t.true(existsSync(join(scratch, 'disk.holder')));
  child.kill('SIGKILL');
  await child;
  for (const until = Date.now() + 20_000; processesOf(run).length > 0 && Date.now() < until; ) {
    await delay(20);
  }
  t.deepEqual(processesOf(run), []);
});
