import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** Names one process for good: its number may be given again, its start and the boot it belongs to may not. */
export const processClaim = z.object({ pid: z.int().positive(), startTicks: z.string(), boot: z.string() });

export type ProcessClaim = z.output<typeof processClaim>;

/** The claim of this process. */
export function ownClaim(): ProcessClaim {
  return { pid: process.pid, startTicks: startTicks(process.pid), boot: bootId() };
}

/** Whether the process that made a claim still lives. */
export function claimLives({ pid, startTicks: start, boot }: ProcessClaim): boolean {
  return boot === bootId() && start === startTicks(pid);
}

/** Field 22 of proc(5)'s stat: clock ticks from boot to the start; `''` when there is no such process. */
function startTicks(pid: number): string {
  const stat = readIfThere(`/proc/${pid}/stat`) ?? '';
  const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const gone = afterName[0] === 'Z' || afterName[0] === 'X';
  return gone ? '' : (afterName[19] ?? '');
}

function bootId(): string {
  return (readIfThere('/proc/sys/kernel/random/boot_id') ?? '').trim();
}

/** The text of a file; `undefined` where there is none, or its process is gone. */
export function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') {
      return undefined;
    }
    throw error;
  }
}
