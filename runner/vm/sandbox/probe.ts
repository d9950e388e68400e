import { readFileSync } from 'node:fs';
import { probeCgroup } from '../../host/cgroup.ts';
import { causeText } from '../../host/fault.ts';
import { ownUserSpaces } from '../../host/own-user-space.ts';
import { missingNeeds } from '../../host/packages.ts';
import { runProgram } from '../../host/process.ts';
import type { Probe } from '../../model/machine.ts';
import { standsAsRoot } from './ground.ts';
import { mostMemoryDisk } from './memory-disk.ts';
import { whyNoOverlay } from './overlay.ts';

/** Whether sandboxes can be run here, tried with an empty one. */
export async function probeSandbox(): Promise<Probe> {
  const missing = missingNeeds(['sandbox', 'agent']);
  if (missing.length > 0) {
    const names = [...new Set(missing.map((need) => need.package))];
    return {
      usable: false,
      reason: `${missing.map((need) => need.present).join(', ')} missing: apt-get install ${names.join(' ')}`,
    };
  }
  try {
    const bare = ['--unshare-user', '--unshare-pid', '--unshare-net', '--ro-bind', '/', '/'];
    await runProgram('start an empty sandbox', ['bwrap', ...bare, '--proc', '/proc', 'true'], { timeout: 10_000 });
  } catch (error) {
    return { usable: false, reason: whyNot(causeText(error)) };
  }
  const limits = await probeCgroup();
  if (standsAsRoot()) {
    return {
      usable: true,
      detail: 'bubblewrap with user namespaces and seccomp',
      limits: { ...limits, disk: { bound: true, by: 'a loop-mounted ext4 file system' } },
    };
  }
  const known = await triedAsUser();
  return typeof known === 'object'
    ? known
    : {
        usable: true,
        detail: `bubblewrap with user namespaces and seccomp, without root: ${known}disks in memory`,
        limits: { ...limits, disk: { bound: true, by: `a tmpfs of its size, at most ${mostText}` } },
      };
}

const mostText = `${Math.floor(mostMemoryDisk / 1024 ** 2)}Mi of memory each`;

/** What an ordinary user has to know of its sandboxes, or why it has no sandboxes. */
async function triedAsUser(): Promise<string | (Probe & { readonly usable: false })> {
  try {
    const { outer, ids } = await ownUserSpaces();
    const noOverlay = await whyNoOverlay(outer);
    const one = ids.many ? '' : `one user id alone, since ${ids.reason}; `;
    return noOverlay === undefined ? one : `${one}images copied instead of shared (${noOverlay}); `;
  } catch (error) {
    return { usable: false, reason: whyNot(causeText(error)) };
  }
}

/** Switches that turn user namespaces off, as Debian, Ubuntu and upstream kernels name them. */
const switches: readonly (readonly [string, string, string])[] = [
  ['/proc/sys/user/max_user_namespaces', '0', 'sysctl user.max_user_namespaces=15000'],
  ['/proc/sys/kernel/unprivileged_userns_clone', '0', 'sysctl kernel.unprivileged_userns_clone=1'],
  [
    '/proc/sys/kernel/apparmor_restrict_unprivileged_userns',
    '1',
    'sysctl kernel.apparmor_restrict_unprivileged_userns=0',
  ],
];

function whyNot(words: string): string {
  const found = switches.find(([file, off]) => settingOf(file) === off);
  return found === undefined ? words : `user namespaces are switched off here: ${found[2]} (${words})`;
}

function settingOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}
