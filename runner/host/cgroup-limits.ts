import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MachineLimits } from '../model/machine.ts';
import type { Controller, Hierarchy } from './cgroup-layout.ts';

/** Microseconds; the kernel's own default. */
const cpuPeriod = 100_000;

/** Writes a group's limit of one controller; nothing when that one is not given. Throws the file system's error. */
export function setLimit(
  folder: string,
  version: Hierarchy['version'],
  controller: Controller,
  limits: Partial<MachineLimits>,
): void {
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
