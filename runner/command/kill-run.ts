import { readdirSync, readFileSync } from 'node:fs';

/** Kills every process that carries `LIGHTV_RUN=<run>` in its environment, at once and without waiting for its end. */
export function killRun(run: string): void {
  const mark = Buffer.from(`LIGHTV_RUN=${run}\0`);
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const environment = Buffer.concat([readFileSync(`/proc/${name}/environ`), Buffer.from('\0')]);
      const at = environment.indexOf(mark);
      if (Number(name) !== process.pid && at !== -1 && (at === 0 || environment[at - 1] === 0)) {
        process.kill(Number(name), 'SIGKILL');
      }
    } catch {
      // It ended meanwhile, or belongs to somebody else and so is not ours to kill.
    }
  }
}
