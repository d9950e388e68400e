import { readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { sweepCgroups } from '../host/cgroup-sweep.ts';
import { HostFault } from '../host/fault.ts';
import { runProgram } from '../host/process.ts';

/** Milliseconds for killed processes to be gone. */
const killTime = 5_000;

/**
 * Clears away what a run left behind when LightV itself was killed: its processes (they carry `LIGHTV_RUN`), control
 * groups, mounts and loop devices below `scratch`, and `scratch`. For runs whose lock nobody holds. Returns what was
 * found, in words; nothing found is an empty list. Throws a `HostFault` for what will not go.
 */
export async function sweepMachines(run: string, scratch: string): Promise<string[]> {
  const swept: string[] = [];
  const processes = await killProcesses(run);
  if (processes > 0) {
    swept.push(`${processes} processes`);
  }
  for (const folder of await sweepCgroups(run)) {
    swept.push(`control group ${folder}`);
  }
  for (const mount of mountsBelow(scratch)) {
    await runProgram(`unmount ${mount}`, ['umount', '--lazy', mount]);
    swept.push(`mount ${mount}`);
  }
  for (const [device, file] of loopsBelow(scratch)) {
    await runProgram(`detach ${device}`, ['losetup', '--detach', device]);
    swept.push(`loop device ${device} of ${file}`);
  }
  return (await removeFolder(scratch)) ? [...swept, `folder ${scratch}`] : swept;
}

/** Again and again until a look finds none: one that is killed may just have forked. */
async function killProcesses(run: string): Promise<number> {
  const killed = new Set<number>();
  const until = Date.now() + killTime;
  for (let found = processesOf(run); found.length > 0; found = processesOf(run)) {
    if (Date.now() > until) {
      throw new HostFault(`end what is left of the run ${run}`, `processes ${found.join(', ')} do not die`);
    }
    for (const pid of found) {
      killed.add(pid);
      unlessGone(() => process.kill(pid, 'SIGKILL'));
    }
    await delay(5);
  }
  return killed.size;
}

/** A zombie has no environment left, so what is dead is not found. */
function processesOf(run: string): readonly number[] {
  const mark = `LIGHTV_RUN=${run}`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => environment(name).includes(mark))
    .map(Number);
}

function environment(pid: string): readonly string[] {
  return unlessGone(() => readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0')) ?? [];
}

/** Innermost first. */
function mountsBelow(folder: string): readonly string[] {
  const points = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) =>
      (line.split(' ')[4] ?? '').replace(/\\(\d{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8))),
    );
  return points.filter((point) => point === folder || point.startsWith(`${folder}/`)).reverse();
}

function loopsBelow(folder: string): readonly (readonly [string, string])[] {
  return readdirSync('/sys/block')
    .filter((name) => name.startsWith('loop'))
    .flatMap((name) => {
      const file = unlessGone(() => readFileSync(`/sys/block/${name}/loop/backing_file`, 'utf8').trimEnd());
      return file?.startsWith(`${folder}/`) ? [[`/dev/${name}`, file] as const] : [];
    });
}

async function removeFolder(folder: string): Promise<boolean> {
  try {
    await rm(folder, { recursive: true });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return false;
    }
    throw new HostFault(`remove ${folder}`, error);
  }
}

/** Processes and devices come and go under the look; another user's are none of ours. */
function unlessGone<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (
      ['ENOENT', 'ESRCH', 'EACCES', 'EPERM', 'ENXIO', 'ENODEV'].includes((error as NodeJS.ErrnoException).code ?? '')
    ) {
      return undefined;
    }
    throw error;
  }
}
