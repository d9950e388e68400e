import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { Command, CopyOutOptions, Exit, GuestAddress, Leftovers, OutputSink } from '../model/machine.ts';
import { ask } from './ask.ts';
import { copyInOnLine } from './copy.ts';
import { copyOutOnLine } from './copy-out.ts';
import { execOnLine } from './exec.ts';
import type { GuestHello, Pong } from './guest-message.ts';
import { type GuestMounts, type GuestNetwork, magic, protocolVersion } from './host-message.ts';
import { Line } from './line.ts';
import { Tunnels } from './tunnels.ts';

export { GuestRefusal } from './copy.ts';
export type { GuestHello, Pong } from './guest-message.ts';
export type { GuestMounts, GuestNetwork } from './host-message.ts';

/** What a machine is told of itself; the time of day and fresh random bytes go along by themselves. */
export interface HostHello {
  /** At most 64 bytes. */
  readonly hostname: string;
  /** Set up by the guest's agent itself; absent in stream mode, where the host has done it. */
  readonly network?: GuestNetwork;
  /** Wanted by a machine that was just started; absent in stream mode, likewise. */
  readonly mounts?: GuestMounts;
}

/** Milliseconds for an answer to a short question; a machine without acceleration that is busy needs seconds. */
const answerTime = 30_000;
/** A hello is bounded by the caller's signal; this is the bound of one that has none. */
const helloTime = 600_000;

/**
 * Says hello and waits for the guest's, until `signal` aborts (then rejects with its reason). Rejects with a `HostFault`
 * when the line closes first or the guest speaks another protocol. A failed connect has destroyed the stream.
 */
export async function connectAgent(stream: Duplex, hello: HostHello, signal: AbortSignal): Promise<GuestAgent> {
  const line = new Line(stream);
  const abort = () => line.abandon('the boot was given up');
  signal.addEventListener('abort', abort, { once: true });
  try {
    if (signal.aborted) {
      abort();
    }
    const answer = await greet(line, hello);
    signal.throwIfAborted();
    return new GuestAgent(line, answer);
  } catch (error) {
    line.abandon('the guest did not say hello');
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

async function greet(line: Line, hello: HostHello): Promise<GuestHello> {
  const message = {
    kind: 'hello',
    magic,
    version: protocolVersion,
    clock: BigInt(Date.now()) * 1_000_000n,
    seed: randomBytes(64),
    ...hello,
  } as const;
  const { machine, nonce, uptime, kernel } = await ask(line, 'reach the guest', message, 'hello', helloTime);
  return { machine, nonce, uptime, kernel };
}

/** A guest that has said hello. All methods may be called at once. */
export class GuestAgent {
  readonly hello: GuestHello;
  readonly #line: Line;
  readonly #tunnels: Tunnels;

  constructor(line: Line, hello: GuestHello) {
    this.#line = line;
    this.#tunnels = new Tunnels(line);
    this.hello = hello;
  }

  /** Resolves with a sentence that says why the line to the guest closed; pending until then. */
  get closed(): Promise<string> {
    return this.#line.closed;
  }

  /** The contract of `MicroVm.exec`. A `RangeError` when the command and its environment are over 1 MiB. */
  async exec(command: Command, output: OutputSink, signal: AbortSignal): Promise<Exit> {
    return execOnLine(this.#line, command, output, signal);
  }

  /** The contract of `MicroVm.copyIn`; a `GuestRefusal` names what could not be written. */
  async copyIn(tar: AsyncIterable<Uint8Array>, directory: string, signal: AbortSignal, owner?: string): Promise<void> {
    await copyInOnLine(this.#line, tar, directory, signal, owner);
  }

  /** The contract of `MicroVm.copyOut`; a `GuestRefusal` names what could not be read, also while it is read. */
  async copyOut(path: string, signal: AbortSignal, options: CopyOutOptions = {}): Promise<AsyncIterable<Uint8Array>> {
    return copyOutOnLine(this.#line, path, signal, options);
  }

  /** The contract of `MicroVm.listen`. */
  listen(at: GuestAddress, accept: (connection: Duplex) => void, signal: AbortSignal): Promise<{ port: number }> {
    return this.#tunnels.listen(at, accept, signal);
  }

  /** The contract of `MicroVm.connect`. */
  connect(at: GuestAddress, signal: AbortSignal): Promise<Duplex> {
    return this.#tunnels.connect(at, signal);
  }

  /** What commands that have ended left behind. A `HostFault` when the guest does not say. */
  async left(): Promise<Leftovers> {
    return leftovers(await ask(this.#line, 'ask the guest what is left', { kind: 'left' }, 'left', answerTime));
  }

  /** As `left`, and the processes it names are killed. */
  async stopLeft(): Promise<Leftovers> {
    return leftovers(
      await ask(this.#line, 'stop what is left in the guest', { kind: 'stop-left' }, 'left', answerTime),
    );
  }

  /** Says hello again: sets clock, name and network, and reseeds. For a machine that was restored from a snapshot. */
  async greet(hello: HostHello): Promise<GuestHello> {
    return greet(this.#line, hello);
  }

  async ping(nonce: bigint): Promise<Pong> {
    const {
      echo,
      uptime,
      nonce: kept,
    } = await ask(this.#line, 'reach the guest', { kind: 'ping', nonce }, 'pong', answerTime);
    return { echo, nonce: kept, uptime };
  }

  /** Kills what runs, leaves the disk clean and ends the guest. A `HostFault` when it does not answer. */
  async shutdown(): Promise<void> {
    await ask(this.#line, 'shut the guest down', { kind: 'shutdown' }, 'done', answerTime);
  }

  /** Gives the line up: what still runs on it rejects. Any number of times. */
  close(): void {
    this.#line.abandon('the machine was destroyed');
  }
}

function leftovers(answer: Leftovers): Leftovers {
  return { processes: answer.processes, mounts: answer.mounts, network: answer.network };
}
