import { setTimeout as delay } from 'node:timers/promises';
import { AgentMachine, type MachineFacts } from '../agent-machine.ts';
import { qmpTime, type RunningGuest } from './start.ts';

/** Milliseconds a guest has to kill what runs and leave its disk clean. */
const shutdownTime = 15_000;
/** Milliseconds between an answered shutdown, or QEMU's `quit`, and the kill. */
const endTime = 5_000;
/** Milliseconds for QEMU's end to become known after its line closed. */
const reasonTime = 1_000;

/** A machine that is up. `release` frees what was made for it besides QEMU, once QEMU is gone. */
export class QemuVm extends AgentMachine {
  readonly #guest: RunningGuest;
  readonly #release: () => Promise<void>;

  constructor(facts: Omit<MachineFacts, 'isolation'>, guest: RunningGuest, release: () => Promise<void>) {
    super({ ...facts, isolation: 'microvm' }, guest.agent);
    this.#guest = guest;
    this.#release = release;
  }

  /** QEMU's process, for tests and for whoever counts what a machine costs. */
  get pid(): number | undefined {
    return this.#guest.process.pid;
  }

  /** A line that closes is mostly QEMU's end, which says more than "closed". */
  protected async whyLost(detail: string): Promise<string> {
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
  protected async tearDown(): Promise<void> {
    const { process, qmp } = this.#guest;
    try {
      if (
        process.end === undefined &&
        (await within(shutdownTime, Promise.race([this.agent.shutdown(), this.agent.closed])))
      ) {
        await within(endTime, process.ended);
      }
      if (process.end === undefined) {
        await within(endTime, qmp.execute('quit', {}, qmpTime));
        await within(endTime, process.ended);
      }
    } finally {
      this.agent.close();
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
