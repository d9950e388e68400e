import type { Duplex } from 'node:stream';
import type { GuestAddress } from '../model/machine.ts';
import { GuestRefusal } from './copy.ts';
import type { GuestMessage } from './guest-message.ts';
import type { Line, Listener } from './line.ts';
import { Tunnel, tunnelWindow } from './tunnel.ts';
import { ProtocolError } from './wire.ts';

/** Connections of one listener at once, those it holds a place for among them. */
const connectionsMax = 32;
/** Places held for connections that have not come yet: what comes beyond waits for its place in the guest's kernel. */
const placesAhead = 4;

/** A port of the guest's loopback that is listened at for the host. */
export class PortListener implements Listener {
  /** Resolves with the port; rejects with a `GuestRefusal`, the reason of the signal, or why the line closed. */
  readonly port: Promise<number>;
  /** Resolves when the guest listens no more. */
  readonly ended: Promise<void>;
  readonly #line: Line;
  readonly #accept: (connection: Duplex) => void;
  readonly #signal: AbortSignal;
  readonly #id: number;
  readonly #abort = () => this.#close(this.#signal.reason);
  #listening = false;
  #closed = false;
  #waiting = 0;
  #open = 0;
  #resolve: (port: number) => void = () => {};
  #reject: (cause: unknown) => void = () => {};
  #over: () => void = () => {};

  constructor(line: Line, at: GuestAddress, accept: (connection: Duplex) => void, signal: AbortSignal) {
    signal.throwIfAborted();
    this.#line = line;
    this.#accept = accept;
    this.#signal = signal;
    this.port = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.ended = new Promise((resolve) => {
      this.#over = resolve;
    });
    this.#id = line.listen(this);
    line.post(this.#id, { kind: 'listen', ...at });
    signal.addEventListener('abort', this.#abort, { once: true });
  }

  take(message: GuestMessage): boolean {
    switch (message.kind) {
      case 'listening':
        this.#listens(message.port);
        return false;
      case 'done':
        this.#end(new Error('the guest listens no more'));
        return true;
      case 'failed':
        this.#end(new GuestRefusal(message.sentence, message.errno));
        return true;
      default:
        throw new ProtocolError(`it answered a listener with "${message.kind}"`);
    }
  }

  lost(reason: string): void {
    this.#end(new Error(`nothing listens in the guest any more: ${reason}`));
  }

  #listens(port: number): void {
    if (this.#listening || port === 0) {
      throw new ProtocolError('it listens at no port, or told twice');
    }
    this.#listening = true;
    this.#resolve(port);
    this.#offer();
  }

  #offer(): void {
    while (!this.#closed && this.#waiting < placesAhead && this.#waiting + this.#open < connectionsMax) {
      this.#waiting += 1;
      this.#place();
    }
  }

  #place(): void {
    let came = false;
    const start = { kind: 'accept', listener: this.#id, credit: tunnelWindow } as const;
    new Tunnel(this.#line, start, {
      opened: (connection) => {
        came = true;
        this.#waiting -= 1;
        this.#open += 1;
        this.#offer();
        this.#accept(connection);
      },
      ended: () => {
        this.#open -= came ? 1 : 0;
        this.#waiting -= came ? 0 : 1;
        if (came) {
          this.#offer();
        } else {
          // A guest that cannot take a connection now is not asked again and again.
          this.#close(new Error('the guest takes no more connections'));
        }
      },
    });
  }

  #close(cause: unknown): void {
    if (!this.#closed) {
      this.#closed = true;
      this.#reject(cause);
      this.#line.post(this.#id, { kind: 'close' });
    }
  }

  #end(cause: unknown): void {
    this.#closed = true;
    this.#signal.removeEventListener('abort', this.#abort);
    this.#reject(cause);
    this.#over();
  }
}
