import { readdirSync, readFileSync } from 'node:fs';

/** Pids of the programs that carry a run's mark. */
export function programsOf(run: string): string[] {
  return readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/environ`, 'latin1').includes(`LIGHTV_RUN=${run}\0`);
    } catch {
      return false;
    }
  });
}
