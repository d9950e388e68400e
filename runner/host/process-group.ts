/**
 * Put before a program of ours: the kernel kills it when the thread that spawned it ends. Programs it starts are not
 * tied, and entering a user namespace or running a set-uid program unties.
 */
export const tied = ['setpriv', '--pdeathsig', 'KILL', '--'] as const;

/** Sends KILL to the group that `pid` leads; nothing when there was no process, or none is left. */
export function killGroup(pid: number | undefined): void {
  if (pid === undefined) {
    return;
  }
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The group is gone already, which is what was wanted.
  }
}
