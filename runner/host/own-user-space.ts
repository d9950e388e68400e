import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { type FileHandle, open, readlink, writeFile } from 'node:fs/promises';
import { execa } from 'execa';
import { HostFault } from './fault.ts';
import { runProgram } from './process.ts';
import { tied } from './process-group.ts';
import { userName } from './user-name.ts';

/** Two user namespaces of an ordinary user, as paths that children of this process can open. */
export interface OwnUserSpaces {
  /** Here the user is root over mounts and networks of its own. */
  readonly outer: string;
  /** A child of it with the same ids, for a guest: its root has no power over what `outer` made. */
  readonly guest: string;
  /** Whether there are ids beside the user's own, and why not: a sentence. */
  readonly ids: { readonly many: true } | { readonly many: false; readonly reason: string };
}

let opened: Promise<OwnUserSpaces> | undefined;

/**
 * For an ordinary user: namespaces in which it is root, with the ids `/etc/subuid` and `/etc/subgid` give it, else with
 * its own alone. Made once, they last as long as this process. Rejects with a `HostFault`.
 */
export async function ownUserSpaces(): Promise<OwnUserSpaces> {
  opened ??= openBoth();
  try {
    return await opened;
  } catch (error) {
    opened = undefined;
    throw new HostFault('make a user namespace', error);
  }
}

/** Words that put a program into such a namespace, where it may do all that this user may. */
export function enterSpace(space: string, ...more: string[]): readonly string[] {
  return ['nsenter', '--preserve-credentials', `--user=${space}`, ...more, '--'];
}

async function openBoth(): Promise<OwnUserSpaces> {
  const ids = await subordinateIds();
  const outer = await held(['unshare', '--user', 'sh', '-c', 'echo $$; exec cat'], (pid) => mapOuter(pid, ids));
  const guest = await held([...enterSpace(outer), 'sh', '-c', guestScript], async () => {});
  return { outer, guest, ids: typeof ids === 'string' ? { many: false, reason: ids } : { many: true } };
}

/** Its ids are those of the namespace around it. A map is taken in one write. */
const guestScript = `
set -eu
exec 3<&0 </dev/null
unshare --user sleep 60 >/dev/null &
guest=$!
trap 'kill -9 $guest' EXIT
here=$(readlink /proc/self/ns/user)
while [ "$(readlink /proc/$guest/ns/user)" = "$here" ]; do :; done
for ids in uid_map gid_map; do
  map=$(while read -r inside outside count; do echo "$inside $inside $count"; done </proc/self/$ids)
  printf '%s\\n' "$map" >/proc/$guest/$ids
done
echo $guest
cat <&3 >/dev/null
`;

/** Starts a program that prints the pid of one in a new namespace, and keeps that namespace open. */
async function held(argv: readonly string[], map: (pid: number) => Promise<void>): Promise<string> {
  const [file, ...args] = [...tied, ...argv];
  const child = execa(file, args, { reject: false, buffer: { stdout: false, stderr: true }, stdin: 'pipe' });
  // A line that broke is the end of the program, which is waited for.
  child.stdin.on('error', () => {});
  const failed = child.then((end) => Promise.reject(new Error(`${end.stderr || end.shortMessage}`)));
  try {
    const [said] = await Promise.race([once(child.stdout, 'data'), failed]);
    const pid = Number(String(said).trim());
    await readlink(`/proc/${pid}/ns/user`);
    await map(pid);
    const file: FileHandle = await open(`/proc/${pid}/ns/user`, 'r');
    kept.push(file);
    return `/proc/${process.pid}/fd/${file.fd}`;
  } finally {
    child.stdin.end();
    await failed.catch(() => {});
  }
}

/** An open file that nothing refers to is closed by the garbage collector. */
const kept: FileHandle[] = [];

interface IdRange {
  readonly start: number;
  readonly count: number;
}

interface SubordinateIds {
  readonly users: IdRange;
  readonly groups: IdRange;
}

async function mapOuter(pid: number, ids: SubordinateIds | string): Promise<void> {
  const [user, group] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  if (typeof ids === 'string') {
    await writeFile(`/proc/${pid}/uid_map`, `0 ${user} 1`);
    await writeFile(`/proc/${pid}/setgroups`, 'deny');
    await writeFile(`/proc/${pid}/gid_map`, `0 ${group} 1`);
    return;
  }
  const words = (own: number, { start, count }: IdRange) => [pid, 0, own, 1, 1, start, count].map(String);
  await runProgram('map user ids', ['newuidmap', ...words(user, ids.users)]);
  await runProgram('map group ids', ['newgidmap', ...words(group, ids.groups)]);
}

/** Or why there are none that can be used. */
async function subordinateIds(): Promise<SubordinateIds | string> {
  const name = userName() ?? `${process.getuid?.()}`;
  const names = [name, `${process.getuid?.()}`];
  const users = rangeOf('/etc/subuid', names);
  const groups = rangeOf('/etc/subgid', names);
  if (users === undefined || groups === undefined) {
    return `/etc/subuid and /etc/subgid give ${name} no more`;
  }
  try {
    await runProgram('look for newuidmap', ['sh', '-c', 'command -v newuidmap newgidmap']);
  } catch {
    return 'newuidmap is missing (apt-get install uidmap)';
  }
  return { users, groups };
}

function rangeOf(file: string, names: readonly string[]): IdRange | undefined {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  const found = lines.map((line) => line.split(':')).find(([name = '']) => names.includes(name));
  const [start, count] = [Number(found?.[1]), Number(found?.[2])];
  return start > 0 && count > 0 ? { start, count: Math.min(count, 65_535) } : undefined;
}
