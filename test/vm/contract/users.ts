import { never } from '../../ground/never.ts';
import { tarOf } from '../../ground/tar.ts';
import type { Case } from './bench.ts';
import { run } from './script.ts';

const who = 'id -u; id -g; id -G';

/** Commands and files of others than root, on a machine whose image has a user `nobody`. */
export const otherUsers: Case = async (t, machine) => {
  const passwd = 'root:x:0:0::/:/bin/sh\napp:x:1000:50::/:/bin/sh\n';
  const group = 'root:x:0:\nstaff:x:50:\nbuild:x:70:root,app\nshort:x:71:ap,appx\n';
  await machine.copyIn(tarOf({ name: 'passwd', text: passwd }, { name: 'group', text: group }), '/etc', never);
  const as = async (user: string) => (await run(machine, who, { user })).stdout.toString().trim().split('\n');
  t.deepEqual(await as('app'), ['1000', '50', '50 70'], 'with its groups');
  t.deepEqual(await as('1000'), ['1000', '50', '50 70'], 'by its number');
  t.deepEqual(await as('app:build'), ['1000', '70', '70']);
  t.deepEqual(await as('1000:7'), ['1000', '7', '7']);
  t.deepEqual(await as('4000'), ['4000', '0', '0'], 'a number needs no line');
  t.deepEqual(await as('root'), ['0', '0', '0 70']);
  const own = tarOf({ name: 'sub/', type: 'directory' }, { name: 'sub/file', mode: 0o600, text: 'mine' });
  await machine.copyIn(own, '/workspace/given', never, 'app');
  const { stdout, exit } = await run(machine, 'cat sub/file; echo more >sub/new; ls -ln sub/new', {
    user: 'app',
    cwd: '/workspace/given',
  });
  t.deepEqual(exit, { kind: 'exited', code: 0 });
  t.regex(stdout.toString(), /^mine-rw-r--r-- +1 1000 +50 /);
};

/** Whatever ids a machine has. */
export const unknownUser: Case = async (t, machine) => {
  for (const user of ['nosuch', 'root:nosuch', ':', '4294967296']) {
    const { exit } = await run(machine, 'true', { user });
    t.is(exit.kind, 'not-started', user);
    t.regex(exit.kind === 'not-started' ? exit.detail : '', /could not find the user/);
  }
  await t.throwsAsync(machine.copyIn(tarOf({ name: 'a', text: '' }), '/workspace', never, 'nosuch'));
};
