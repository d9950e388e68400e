import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { attemptSync } from '../host/attempt.ts';

/** Names one process for good: its number may be given again, its start and the boot it belongs to may not. */
const holder = z.object({ pid: z.int().positive(), startTicks: z.string(), boot: z.string() });

/** Says in the run's folder that this process runs it. The claim ends with the process, however that ends. */
export function lockRun(folder: string): void {
  attemptSync(`lock the run in ${folder}`, () => {
    const self = { pid: process.pid, startTicks: startTicks(process.pid), boot: bootId() };
    writeFileSync(join(folder, 'lock'), JSON.stringify(self), { flag: 'wx' });
  });
}

/** Whether the process that locked the run in `folder` still lives. A folder without a readable lock has none. */
export function runLives(folder: string): boolean {
  const text = readIfThere(join(folder, 'lock'));
  const parsed = text === undefined ? undefined : holder.safeParse(parseJson(text));
  if (parsed?.success !== true) {
    return false;
  }
  return parsed.data.boot === bootId() && parsed.data.startTicks === startTicks(parsed.data.pid);
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

function readIfThere(file: string): string | undefined {
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A process that died while it wrote its lock holds none.
    return undefined;
  }
}
