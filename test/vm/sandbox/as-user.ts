import { chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';

/** No user of this host. */
export const uid = 54_321;

const repository = resolve(import.meta.dirname, '../../..');

/** As root, in a mount namespace of its own: this repository where the user can reach it, and the user's files in /etc. */
const script = `
set -eu
home=$1; shift
mount --bind "$REPOSITORY" "$home/lightv"
for name in passwd subuid subgid; do
  [ ! -e "$home/etc/$name" ] || mount --bind "$home/etc/$name" "/etc/$name"
done
cd "$home"
exec setpriv --reuid=${uid} --regid=${uid} --clear-groups -- "$@"
`;

/** An ordinary user with a folder, a cache and a state of its own; this repository is `lightv` in that folder. */
export interface OrdinaryUser {
  readonly home: string;
  /** Words and environment that run a program as the user, in its folder. */
  readonly start: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  run(...argv: readonly string[]): Promise<{ readonly code: number | undefined; readonly text: string }>;
}

/** `many`: the user has a name and subordinate ids; else it has a number alone. Needs root; removed with the test. */
export async function ordinaryUser(t: ExecutionContext, ids: 'one' | 'many' = 'one'): Promise<OrdinaryUser> {
  const home = await mkdtemp(join(tmpdir(), 'lvu-'));
  t.teardown(() => rm(home, { recursive: true, force: true }));
  await Promise.all(['lightv', 'etc', 't'].map((name) => mkdir(join(home, name))));
  await Promise.all([home, join(home, 't')].map((folder) => chown(folder, uid, uid)));
  if (ids === 'many') {
    const passwd = await readFile('/etc/passwd', 'utf8');
    await writeFile(join(home, 'etc/passwd'), `${passwd}lightv-tester:x:${uid}:${uid}::${home}:/bin/sh\n`);
    await Promise.all(
      ['subuid', 'subgid'].map((name) => writeFile(join(home, 'etc', name), 'lightv-tester:300000:65536\n')),
    );
  }
  const start = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, 'as-user', home];
  const env = {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    ...{ HOME: home, TMPDIR: join(home, 't'), REPOSITORY: repository },
    ...{ LIGHTV_CACHE_DIR: join(home, 'cache'), LIGHTV_STATE_DIR: join(home, 'state') },
  };
  const run = async (...argv: readonly string[]) => {
    const [file = '', ...args] = [...start, ...argv];
    const end = await execa(file, args, { env, extendEnv: false, reject: false, all: true, timeout: 150_000 });
    return { code: end.exitCode, text: end.all };
  };
  return { home, start, env, run };
}
