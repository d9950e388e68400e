import type { GuestMessage } from './guest-message.ts';
import type { HostMessage } from './host-message.ts';
import { InputPump } from './input.ts';
import type { Line, Listener } from './line.ts';
import { Stopping } from './stopping.ts';
import { ProtocolError } from './wire.ts';

/** The guest could not do what was asked; the message is its own sentence and names the path. */
export class GuestRefusal extends Error {
  override readonly name = 'GuestRefusal';
  /** The guest's errno, 0 when there is none. */
  readonly errno: number;

  constructor(sentence: string, errno: number) {
    super(sentence);
    this.errno = errno;
  }
}

/** What both directions of a copy have in common: a child in the guest that takes input and ends in done or failed. */
export class Copy implements Listener {
  readonly id: number;
  /** Resolves when the guest says done; rejects with a `GuestRefusal`, the signal's reason, or an error when it is lost. */
  readonly done: Promise<void>;
  readonly #input: InputPump;
  readonly #stopping: Stopping;
  readonly #signal: AbortSignal;
  readonly #abort = () => this.stop();
  #resolve: () => void = () => {};
  #reject: (cause: unknown) => void = () => {};

  constructor(line: Line, start: HostMessage, signal: AbortSignal) {
    signal.throwIfAborted();
    this.#signal = signal;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.done.catch(() => {}); // whoever waits for it gets the reason; nobody waiting is no fault
    this.id = line.listen(this);
    this.#input = new InputPump(line.channel, this.id);
    this.#stopping = new Stopping({
      signal: (number) => line.post(this.id, { kind: 'signal', number }),
      waiting: () => false,
      lost: (detail) => this.#end(new Error(detail)),
    });
    line.post(this.id, start);
    signal.addEventListener('abort', this.#abort, { once: true });
  }

  /** Sends input; a source that fails ends the copy with that reason. */
  feed(source: AsyncIterable<Uint8Array>): void {
    this.#input.run(source).catch((cause: unknown) => {
      this.#reject(cause);
      this.stop();
    });
  }

  /** Ends it early; `done` settles when the guest has answered, or is found not to. */
  stop(): void {
    this.#input.stop();
    this.#stopping.kill();
  }

  take(message: GuestMessage): boolean {
    switch (message.kind) {
      case 'grant':
        this.#input.grant(message.bytes);
        return false;
      case 'done':
        this.#end(undefined);
        return true;
      case 'failed':
        this.#end(new GuestRefusal(message.sentence, message.errno));
        return true;
      default:
        throw new ProtocolError(`it answered a copy with "${message.kind}"`);
    }
  }

  lost(reason: string): void {
    this.#end(new Error(`the copy was cut off: ${reason}`));
  }

  #end(error: Error | undefined): void {
    this.#input.stop();
    this.#stopping.end();
    this.#signal.removeEventListener('abort', this.#abort);
    if (error === undefined) {
      this.#resolve();
    } else {
      this.#reject(this.#signal.aborted ? this.#signal.reason : error);
    }
  }
}

/** The contract is `MicroVm.copyIn`'s. */
export async function copyInOnLine(
  line: Line,
  tar: AsyncIterable<Uint8Array>,
  directory: string,
  signal: AbortSignal,
  owner = '',
): Promise<void> {
  const copy = new Copy(line, { kind: 'copy-in', directory, owner }, signal);
  copy.feed(tar);
  await copy.done;
}
