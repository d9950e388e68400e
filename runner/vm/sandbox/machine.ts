import { setTimeout as delay } from 'node:timers/promises';
import type { GuestAgent } from '../../guest/agent.ts';
import type { Cgroup } from '../../host/cgroup.ts';
import type { PipedProcess } from '../../host/start.ts';
import type { Command, Disk, Exit, OutputSink, VmId } from '../../model/machine.ts';
import { AgentMachine } from '../agent-machine.ts';

/** Milliseconds a guest has to end by itself. */
const shutdownTime = 5_000;
/** Milliseconds for the end of the process to become known after its line closed. */
const reasonTime = 1_000;

export interface RunningSandbox {
  readonly process: PipedProcess;
  readonly agent: GuestAgent;
  readonly group: Cgroup;
}

/** A sandbox that is up. `release` kills what is left of it and frees what was made for it. */
export class SandboxVm extends AgentMachine {
  readonly #running: RunningSandbox;
  readonly #release: () => Promise<void>;

  constructor(id: VmId, disk: Disk, running: RunningSandbox, release: () => Promise<void>) {
    super({ id, isolation: 'sandbox', disk }, running.agent);
    this.#running = running;
    this.#release = release;
  }

  /** The process that goes with the machine, for tests. */
  get pid(): number | undefined {
    return this.#running.process.pid;
  }

  override async exec(command: Command, output: OutputSink, signal: AbortSignal): Promise<Exit> {
    const { group } = this.#running;
    const before = group.oomKills();
    const exit = await super.exec(command, output, signal);
    // Where files in memory took it all, the kernel finds nobody to blame and kills the machine's own processes too.
    return (exit.kind === 'lost' || wasKilled(exit)) && group.oomKills() > before ? { kind: 'out-of-memory' } : exit;
  }

  protected async whyLost(detail: string): Promise<string> {
    const { process } = this.#running;
    await Promise.race([process.ended, delay(reasonTime)]);
    return process.end === undefined ? detail : `the machine is gone: the sandbox ${process.end}`;
  }

  protected async tearDown(): Promise<void> {
    const { process } = this.#running;
    try {
      if (process.end === undefined) {
        // That it does not answer is no news here: it is killed next.
        const asked = this.agent.shutdown().then(
          () => process.ended,
          () => undefined,
        );
        const timer = new AbortController();
        await Promise.race([asked, delay(shutdownTime, undefined, { signal: timer.signal }).catch(() => undefined)]);
        timer.abort();
      }
    } finally {
      this.agent.close();
      await this.#release();
    }
  }
}

/** By KILL itself, or as a shell tells of its command. */
function wasKilled(exit: Exit): boolean {
  return (exit.kind === 'signalled' && exit.signal === 'SIGKILL') || (exit.kind === 'exited' && exit.code === 137);
}
