import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { LimitReport } from '../model/machine.ts';
import { readFirst, tryRemove, tryWrite, unlessGone } from './cgroup-files.ts';
import type { Controller } from './cgroup-layout.ts';
import { HostFault } from './fault.ts';

export type GroupReport = Pick<LimitReport, 'memory' | 'cpu' | 'processes'>;

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

/** Milliseconds for killed processes to be gone. */
const removeTime = 5_000;

/** A group by the folder of each controller it has; the same one for all under v2. */
export class Group implements Cgroup {
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
      unlessGone(() => process.kill(pid, 'SIGKILL'));
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

/** Kills and removes the group of a run that is over, as `Cgroup.remove` does. */
export async function removeGroup(folder: string): Promise<void> {
  await new Group(unreported, new Map([['pids', folder]])).remove();
}

const over = { bound: false, reason: 'its run is over' } as const;
const unreported: GroupReport = { memory: over, cpu: over, processes: over };
