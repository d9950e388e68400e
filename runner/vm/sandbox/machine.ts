import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { GuestAgent } from '../../guest/agent.ts';
import type { Cgroup } from '../../host/cgroup.ts';
import type { PipedProcess } from '../../host/start.ts';
import type {
  Command,
  CopyOutOptions,
  Disk,
  Exit,
  GuestAddress,
  Leftovers,
  MicroVm,
  OutputSink,
  VmId,
} from '../../model/machine.ts';

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
export class SandboxVm implements MicroVm {
  readonly id: VmId;
  readonly isolation = 'sandbox';
  readonly disk: Disk;
  readonly #running: RunningSandbox;
  readonly #release: () => Promise<void>;
  #destroyed: Promise<void> | undefined;

  constructor(id: VmId, disk: Disk, running: RunningSandbox, release: () => Promise<void>) {
    this.id = id;
    this.disk = disk;
    this.#running = running;
    this.#release = release;
  }

  /** The process that goes with the machine, for tests. */
  get pid(): number | undefined {
    return this.#running.process.pid;
  }

  async exec(command: Command, output: OutputSink, signal: AbortSignal): Promise<Exit> {
    const { agent, group } = this.#running;
    const before = group.oomKills();
    const exit = await agent.exec(command, output, signal);
    if (this.#destroyed !== undefined) {
      throw new Error('the command was given up: the machine was destroyed');
    }
    // Where files in memory took it all, the kernel finds nobody to blame and kills the machine's own processes too.
    if ((exit.kind === 'lost' || wasKilled(exit)) && group.oomKills() > before) {
      return { kind: 'out-of-memory' };
    }
    return exit.kind === 'lost' ? { kind: 'lost', detail: await this.#whyLost(exit.detail) } : exit;
  }

  copyIn(tar: AsyncIterable<Uint8Array>, directory: string, signal: AbortSignal, owner?: string): Promise<void> {
    return this.#running.agent.copyIn(tar, directory, signal, owner);
  }

  copyOut(path: string, signal: AbortSignal, options?: CopyOutOptions): Promise<AsyncIterable<Uint8Array>> {
    return this.#running.agent.copyOut(path, signal, options);
  }

  listen(at: GuestAddress, accept: (connection: Duplex) => void, signal: AbortSignal): Promise<{ port: number }> {
    return this.#running.agent.listen(at, accept, signal);
  }

  connect(at: GuestAddress, signal: AbortSignal): Promise<Duplex> {
    return this.#running.agent.connect(at, signal);
  }

  left(): Promise<Leftovers> {
    return this.#running.agent.left();
  }

  destroy(): Promise<void> {
    this.#destroyed ??= this.#tearDown();
    return this.#destroyed;
  }

  async #whyLost(detail: string): Promise<string> {
    const { process } = this.#running;
    await Promise.race([process.ended, delay(reasonTime)]);
    return process.end === undefined ? detail : `the machine is gone: the sandbox ${process.end}`;
  }

  async #tearDown(): Promise<void> {
    const { process, agent } = this.#running;
    try {
      if (process.end === undefined) {
        // That it does not answer is no news here: it is killed next.
        const asked = agent.shutdown().then(
          () => process.ended,
          () => undefined,
        );
        const timer = new AbortController();
        await Promise.race([asked, delay(shutdownTime, undefined, { signal: timer.signal }).catch(() => undefined)]);
        timer.abort();
      }
    } finally {
      agent.close();
      await this.#release();
    }
  }
}

/** By KILL itself, or as a shell tells of its command. */
function wasKilled(exit: Exit): boolean {
  return (exit.kind === 'signalled' && exit.signal === 'SIGKILL') || (exit.kind === 'exited' && exit.code === 137);
}
