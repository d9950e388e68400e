import { chown, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import { cacheFolder } from '../runner/host/paths.ts';
import { guestAgent } from '../runner/image/agent.ts';
import { openImage } from '../runner/image/open.ts';
import { leaveOut } from './machines.ts';

/** No user of this host. */
export const uid = 54_321;

const repository = resolve(import.meta.dirname, '..');

/** As root, in a mount namespace of its own: this repository where the user can reach it, and what is the user's in /etc and /dev. */
const script = `
set -eu
home=$1; shift
mount --bind "$REPOSITORY" "$home/lightv"
for name in passwd subuid subgid; do
  [ ! -e "$home/etc/$name" ] || mount --bind "$home/etc/$name" "/etc/$name"
done
if [ "$TUNNEL" = open ]; then
  mknod -m 0666 "$home/etc/tun" c 10 200
  mount --bind "$home/etc/tun" /dev/net/tun
fi
cd "$home"
exec setpriv --reuid=${uid} --regid=${uid} --clear-groups -- "$@"
`;

/** Registers a serial test that needs root to become somebody else. Where there is none, the others run as a user anyway. */
export function asRoot(title: string, body: (t: ExecutionContext) => Promise<void>): void {
  test.serial(title, async (t) => {
    t.timeout(180_000);
    if (process.getuid?.() === 0) {
      await body(t);
    } else {
      leaveOut(t, 'only root can become another user');
    }
  });
}

/** An ordinary user with a folder, a cache and a state of its own; this repository is `lightv` in that folder. */
export interface OrdinaryUser {
  readonly home: string;
  /** Words and environment that run a program as the user, in its folder. */
  readonly start: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  run(...argv: readonly string[]): Promise<{ readonly code: number | undefined; readonly text: string }>;
}

export interface UserMeans {
  /** A name and subordinate ids; else it has a number alone. */
  readonly ids?: boolean;
  /** `/dev/net/tun` is open to it. */
  readonly tunnel?: boolean;
}

/** Needs root; removed with the test. */
export async function ordinaryUser(t: ExecutionContext, means: UserMeans = {}): Promise<OrdinaryUser> {
  const home = await mkdtemp(join(tmpdir(), 'lvu-'));
  t.teardown(() => rm(home, { recursive: true, force: true }));
  await Promise.all(['lightv', 'etc', 't'].map((name) => mkdir(join(home, name))));
  await Promise.all([home, join(home, 't')].map((folder) => chown(folder, uid, uid)));
  if (means.ids === true) {
    const passwd = await readFile('/etc/passwd', 'utf8');
    await writeFile(join(home, 'etc/passwd'), `${passwd}lightv-tester:x:${uid}:${uid}::${home}:/bin/sh\n`);
    await Promise.all(
      ['subuid', 'subgid'].map((name) => writeFile(join(home, 'etc', name), 'lightv-tester:300000:65536\n')),
    );
  }
  await shareCache(join(home, 'cache'));
  const start = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, 'as-user', home];
  const env = {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    ...{ HOME: home, TMPDIR: join(home, 't'), REPOSITORY: repository },
    TUNNEL: means.tunnel === true ? 'open' : '',
    ...{ LIGHTV_CACHE_DIR: join(home, 'cache'), LIGHTV_STATE_DIR: join(home, 'state') },
  };
  const run = async (...argv: readonly string[]) => {
    const [file = '', ...args] = [...start, ...argv];
    const end = await execa(file, args, { env, extendEnv: false, reject: false, all: true, timeout: 150_000 });
    return { code: end.exitCode, text: end.all };
  };
  return { home, start, env, run };
}

/** What takes long to make is copied from the tests' own cache. */
async function shareCache(cache: string): Promise<void> {
  for (const made of [(await openImage('busybox')).path, await guestAgent()]) {
    const copy = join(cache, relative(cacheFolder(), made));
    await mkdir(dirname(copy), { recursive: true });
    await copyFile(made, copy);
  }
  await execa('chown', ['-R', `${uid}:${uid}`, cache]);
}
