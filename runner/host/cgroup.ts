import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { EnforcedLimit, LimitReport, MachineLimits } from '../model/machine.ts';
import { type Controller, cgroupLayout, controllers, type Hierarchy } from './cgroup-layout.ts';
import { causeText, HostFault } from './fault.ts';

export type GroupReport = Pick<LimitReport, 'memory' | 'cpu' | 'processes'>;

/** Microseconds; the kernel's own default. */
const cpuPeriod = 100_000;
/** Milliseconds for killed processes to be gone. */
const removeTime = 5_000;

const nameOf = { memory: 'memory', cpu: 'cpu', pids: 'processes' } as const;

/** One machine's control group: under v1 one folder a controller, under v2 one folder. */
export interface Cgroup {
  /** Which limits bind and how. */
  readonly report: GroupReport;
  /** `cgroup.procs` files: a child writes its pid into each before exec and is bound from then on. */
  readonly entries: readonly string[];
  /** Moves a process that runs already. Throws a `HostFault`. */
  add(pid: number): void;
  /** Processes the kernel killed in this group for lack of memory, since it was made; 0 where memory does not bind. */
  oomKills(): number;
  /** Pids in it, as this process sees them. */
  processes(): readonly number[];
  /** Forbids new processes, then kills all there are. What dies is not waited for. */
  kill(): void;
  /** Kills and removes; any number of times. Throws a `HostFault` naming the processes that will not die in 5 s. */
  remove(): Promise<void>;
}

/** Where this process stands; tests hand in a tree of their own. */
export interface CgroupTexts {
  readonly mountinfo: string;
  readonly membership: string;
}

/**
 * Makes the group `lightv/<run>/<id>` and sets its limits. A limit that cannot be set is not an error: the report says
 * why, and its caller decides. Groups are made below our own position, else at the root, whichever is writable.
 */
export function openCgroup(
  run: string,
  id: string,
  limits: Partial<MachineLimits>,
  texts: CgroupTexts = ownTexts(),
): Cgroup {
  const layout = cgroupLayout(texts.mountinfo, texts.membership);
  const report = { memory: unbound('memory', layout), cpu: unbound('cpu', layout), processes: unbound('pids', layout) };
  const folders = new Map<Controller, string>();
  for (const controller of controllers) {
    const hierarchy = layout.get(controller);
    if (hierarchy === undefined) {
      continue;
    }
    try {
      const folder = makeGroup(hierarchy, controller, run, id);
      folders.set(controller, folder);
      setLimit(folder, hierarchy.version, controller, limits);
      report[nameOf[controller]] = { bound: true, by: `cgroup v${hierarchy.version} ${controller}` };
    } catch (error) {
      report[nameOf[controller]] = {
        bound: false,
        reason: `cgroup v${hierarchy.version} ${controller}: ${why(error)}`,
      };
    }
  }
  return new Group(report, folders);
}

/** What `openCgroup` would report here, by making an empty group and removing it. */
export async function probeCgroup(texts?: CgroupTexts): Promise<GroupReport> {
  const group = openCgroup(
    `probe-${process.pid}`,
    'probe',
    { memory: 64 * 1024 ** 2, cpu: 1, processes: 16 },
    ...(texts ? [texts] : []),
  );
  await group.remove();
  return group.report;
}

/** Kills and removes every group of a run that is over; returns the folders that were there. */
export async function sweepCgroups(run: string, texts: CgroupTexts = ownTexts()): Promise<string[]> {
  const layout = cgroupLayout(texts.mountinfo, texts.membership);
  const roots = [...new Set([...layout.values()].map((hierarchy) => hierarchy.places.at(-1) ?? ''))];
  const swept: string[] = [];
  for (const folder of roots.flatMap((root) => groupsOf(run, root))) {
    for (const entry of readdirSync(folder, { withFileTypes: true }).filter((one) => one.isDirectory())) {
      await new Group(nothingBound, new Map([['pids', join(folder, entry.name)]])).remove();
    }
    tryRemove(folder);
    swept.push(folder);
  }
  return swept;
}

/** The run may have started elsewhere than this process, in another login's scope: the whole tree is looked through. */
function groupsOf(run: string, folder: string): readonly string[] {
  const own = join(folder, 'lightv', run);
  const below = unlessGone(() => readdirSync(folder, { withFileTypes: true })) ?? [];
  const deeper = below.filter((entry) => entry.isDirectory() && entry.name !== 'lightv');
  return [...(existsSync(own) ? [own] : []), ...deeper.flatMap((entry) => groupsOf(run, join(folder, entry.name)))];
}

function unlessGone<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (isGone(error)) {
      return undefined;
    }
    throw error;
  }
}

class Group implements Cgroup {
  readonly report: GroupReport;
  readonly #folders: ReadonlyMap<Controller, string>;

  constructor(report: GroupReport, folders: ReadonlyMap<Controller, string>) {
    this.report = report;
    this.#folders = folders;
  }

  get entries(): readonly string[] {
    return this.#each.map((folder) => join(folder, 'cgroup.procs'));
  }

  get #each(): readonly string[] {
    return [...new Set(this.#folders.values())];
  }

  add(pid: number): void {
    try {
      for (const entry of this.entries) {
        writeFileSync(entry, `${pid}`);
      }
    } catch (error) {
      throw new HostFault(`put process ${pid} under its limits`, error);
    }
  }

  oomKills(): number {
    const folder = this.#folders.get('memory');
    const text =
      folder === undefined ? '' : readFirst(join(folder, 'memory.events'), join(folder, 'memory.oom_control'));
    return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0);
  }

  processes(): readonly number[] {
    const pids = this.#each.flatMap((folder) => readFirst(join(folder, 'cgroup.procs')).split('\n'));
    return [...new Set(pids.filter((line) => line !== '').map(Number))];
  }

  kill(): void {
    for (const folder of this.#each) {
      tryWrite(join(folder, 'pids.max'), '0');
      tryWrite(join(folder, 'cgroup.kill'), '1');
    }
    for (const pid of this.processes()) {
      killProcess(pid);
    }
  }

  async remove(): Promise<void> {
    const until = Date.now() + removeTime;
    this.kill();
    while (!this.#each.map(tryRemove).every(Boolean)) {
      if (Date.now() > until) {
        const left = this.processes().join(', ');
        throw new HostFault('remove a control group', `${this.#each.join(', ')} still holds ${left || 'groups'}`);
      }
      await delay(5);
      this.kill();
    }
    for (const folder of this.#each) {
      // Removed by whichever machine of the run goes last.
      tryRemove(join(folder, '..')) && tryRemove(join(folder, '..', '..'));
    }
  }
}

function makeGroup(hierarchy: Hierarchy, controller: Controller, run: string, id: string): string {
  let failure: unknown;
  // `recursive` is not for these file systems: Node loops for ever where mkdir says ENOENT below a folder that is there.
  for (const place of hierarchy.places) {
    try {
      const folder = makeFolders(place, ['lightv', run, id]);
      if (hierarchy.version === 2) {
        passDown(controller, [place, join(place, 'lightv'), join(place, 'lightv', run)]);
      }
      return folder;
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}

/** Another run's end may remove `lightv` between our finding it and our making a folder in it. */
function makeFolders(place: string, names: readonly string[]): string {
  const make = () => names.reduce((above, name) => makeFolder(join(above, name)), place);
  for (let tries = 0; tries < 20; tries += 1) {
    const made = unlessGone(make);
    if (made !== undefined) {
      return made;
    }
  }
  return make();
}

function makeFolder(folder: string): string {
  try {
    mkdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw error;
    }
  }
  return folder;
}

/** cgroup v2: a group has a controller when each of its ancestors passes it on in `cgroup.subtree_control`. */
function passDown(controller: Controller, folders: readonly string[]): void {
  for (const folder of folders) {
    const control = join(folder, 'cgroup.subtree_control');
    if (!readFileSync(control, 'utf8').trim().split(' ').includes(controller)) {
      writeFileSync(control, `+${controller}`);
    }
  }
}

function setLimit(folder: string, version: 1 | 2, controller: Controller, limits: Partial<MachineLimits>): void {
  const { memory, cpu, processes } = limits;
  const write = (file: string, value: number | string) => writeFileSync(join(folder, file), `${value}`);
  if (controller === 'memory' && memory !== undefined) {
    write(version === 1 ? 'memory.limit_in_bytes' : 'memory.max', memory);
    const swap = version === 1 ? 'memory.memsw.limit_in_bytes' : 'memory.swap.max';
    if (existsSync(join(folder, swap))) {
      write(swap, version === 1 ? memory : 0);
    }
  } else if (controller === 'cpu' && cpu !== undefined) {
    const quota = Math.max(1_000, Math.round(cpu * cpuPeriod));
    if (version === 1) {
      write('cpu.cfs_period_us', cpuPeriod);
    }
    write(version === 1 ? 'cpu.cfs_quota_us' : 'cpu.max', version === 1 ? quota : `${quota} ${cpuPeriod}`);
  } else if (controller === 'pids' && processes !== undefined) {
    write('pids.max', processes);
  }
}

const notMounted: EnforcedLimit = { bound: false, reason: 'no cgroup file system is mounted' };
const nothingBound: GroupReport = { memory: notMounted, cpu: notMounted, processes: notMounted };

function unbound(controller: Controller, layout: ReadonlyMap<Controller, Hierarchy>): EnforcedLimit {
  return layout.size === 0
    ? notMounted
    : { bound: false, reason: `the kernel offers no ${controller} cgroup controller` };
}

function why(error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EACCES':
    case 'EPERM':
      return 'not writable for this user (run as root, or in a delegated systemd scope)';
    case 'EROFS':
      return 'mounted read-only';
    case 'ENOENT':
      return 'the controller is not passed on to groups';
    default:
      return causeText(error);
  }
}

function readFirst(...files: readonly string[]): string {
  const file = files.find((one) => existsSync(one));
  try {
    return file === undefined ? '' : readFileSync(file, 'utf8');
  } catch (error) {
    if (isGone(error)) {
      return '';
    }
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return ['ENOENT', 'ENODEV', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '');
}

/** A file this kernel or this version does not have, or that vanished with its group, changes nothing. */
function tryWrite(file: string, text: string): void {
  if (existsSync(file)) {
    try {
      writeFileSync(file, text);
    } catch (error) {
      if (!isGone(error)) {
        throw error;
      }
    }
  }
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!isGone(error)) {
      throw error;
    }
  }
}

/** True when the folder is gone. */
function tryRemove(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    return isGone(error);
  }
}

function ownTexts(): CgroupTexts {
  return {
    mountinfo: readFileSync('/proc/self/mountinfo', 'utf8'),
    membership: readFileSync('/proc/self/cgroup', 'utf8'),
  };
}
