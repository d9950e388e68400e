import type { EnforcedLimit, MachineLimits } from '../model/machine.ts';
import { makeGroup } from './cgroup-folders.ts';
import { type Cgroup, Group, type GroupReport } from './cgroup-group.ts';
import {
  type CgroupTexts,
  type Controller,
  cgroupLayout,
  controllers,
  type Hierarchy,
  ownTexts,
} from './cgroup-layout.ts';
import { setLimit } from './cgroup-limits.ts';
import { causeText } from './fault.ts';

export type { Cgroup } from './cgroup-group.ts';

const nameOf = { memory: 'memory', cpu: 'cpu', pids: 'processes' } as const;

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

const notMounted: EnforcedLimit = { bound: false, reason: 'no cgroup file system is mounted' };

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
