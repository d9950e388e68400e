import type { Command, MicroVm } from '../../../runner/model/machine.ts';
import { type Ran, type RunOptions, run as runCommand } from '../../ground/run.ts';

export const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Runs a shell script, or a program by its words, in the workspace; `options` also change the command. */
export function run(
  machine: MicroVm,
  script: string | readonly string[],
  options: Partial<Command> & RunOptions = {},
): Promise<Ran> {
  const { signal, slow, onChunk, ...command } = options;
  const argv = typeof script === 'string' ? ['sh', '-c', script] : script;
  const full = { argv, env: { PATH: path }, cwd: '/workspace', grace: 2_000, ...command };
  return runCommand(machine, full, {
    ...(signal ? { signal } : {}),
    ...(slow === undefined ? {} : { slow }),
    ...(onChunk ? { onChunk } : {}),
  });
}

/** What a script writes to stdout. */
export async function text(machine: MicroVm, script: string): Promise<string> {
  return (await run(machine, script)).stdout.toString();
}
