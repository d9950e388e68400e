import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type {
  Accel,
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
import { qmpTime, type RunningGuest } from './start.ts';

/** Milliseconds a guest has to kill what runs and leave its disk clean. */
const shutdownTime = 15_000;
/** Milliseconds between an answered shutdown, or QEMU's `quit`, and the kill. */
const endTime = 5_000;
/** Milliseconds for QEMU's end to become known after its line closed. */
const reasonTime = 1_000;

/** A machine that is up. `release` frees what was made for it besides QEMU, once QEMU is gone. */
export class QemuVm implements MicroVm {
  readonly id: VmId;
  readonly isolation = 'microvm';
  readonly accel: Accel;
  readonly disk: Disk;
  readonly #guest: RunningGuest;
  readonly #release: () => Promise<void>;
  #destroyed: Promise<void> | undefined;

  constructor(
    facts: { readonly id: VmId; readonly accel: Accel; readonly disk: Disk },
    guest: RunningGuest,
    release: () => Promise<void>,
  ) {
    this.id = facts.id;
    this.accel = facts.accel;
    this.disk = facts.disk;
    this.#guest = guest;
    this.#release = release;
  }

  /** QEMU's process, for tests and for whoever counts what a machine costs. */
  get pid(): number | undefined {
    return this.#guest.process.pid;
  }

  async exec(command: Command, output: OutputSink, signal: AbortSignal): Promise<Exit> {
    const exit = await this.#guest.agent.exec(command, output, signal);
    if (this.#destroyed !== undefined) {
      throw new Error('the command was given up: the machine was destroyed');
    }
    return exit.kind === 'lost' ? { kind: 'lost', detail: await this.#whyLost(exit.detail) } : exit;
  }

  copyIn(tar: AsyncIterable<Uint8Array>, directory: string, signal: AbortSignal, owner?: string): Promise<void> {
    return this.#guest.agent.copyIn(tar, directory, signal, owner);
  }

  copyOut(path: string, signal: AbortSignal, options?: CopyOutOptions): Promise<AsyncIterable<Uint8Array>> {
    return this.#guest.agent.copyOut(path, signal, options);
  }

  listen(at: GuestAddress, accept: (connection: Duplex) => void, signal: AbortSignal): Promise<{ port: number }> {
    return this.#guest.agent.listen(at, accept, signal);
  }

  connect(at: GuestAddress, signal: AbortSignal): Promise<Duplex> {
    return this.#guest.agent.connect(at, signal);
  }

  left(): Promise<Leftovers> {
    return this.#guest.agent.left();
  }

  destroy(): Promise<void> {
    this.#destroyed ??= this.#tearDown();
    return this.#destroyed;
  }

  /** A line that closes is mostly QEMU's end, which says more than "closed". */
  async #whyLost(detail: string): Promise<string> {
    const { process, console, trouble } = this.#guest;
    await within(reasonTime, process.ended);
    if (trouble.why !== undefined) {
      return trouble.why;
    }
    const why = process.end === undefined ? detail : `the machine is gone: QEMU ${process.end}`;
    const [last] = console.lines(1);
    return last === undefined ? why : `${why}; its console ends with "${last}"`;
  }

  /** Asks the guest, then QEMU, then the kernel. A guest that was not asked in time leaves a disk as a power cut would. */
  async #tearDown(): Promise<void> {
    const { process, agent, qmp } = this.#guest;
    try {
      if (process.end === undefined && (await within(shutdownTime, Promise.race([agent.shutdown(), agent.closed])))) {
        await within(endTime, process.ended);
      }
      if (process.end === undefined) {
        await within(endTime, qmp.execute('quit', {}, qmpTime));
        await within(endTime, process.ended);
      }
    } finally {
      agent.close();
      process.kill();
      await process.ended;
      qmp.close();
      await this.#release();
    }
  }
}

/** True when `work` succeeded in time. That it failed is no news here: the next, firmer way of ending follows. */
async function within(milliseconds: number, work: Promise<unknown>): Promise<boolean> {
  const timer = new AbortController();
  const late = delay(milliseconds, false, { signal: timer.signal }).catch(() => false);
  const done = work.then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([done, late]);
  } finally {
    timer.abort();
  }
}
