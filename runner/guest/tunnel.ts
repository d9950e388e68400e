import { Duplex } from 'node:stream';
import { GuestRefusal } from './copy.ts';
import type { GuestMessage } from './guest-message.ts';
import type { HostMessage } from './host-message.ts';
import { InputPump } from './input.ts';
import type { Line, Listener } from './line.ts';
import { ProtocolError } from './wire.ts';

/** Bytes a guest may send over one connection before it is given more credit. */
export const tunnelWindow = 1 << 17;

export interface TunnelEvents {
  /** The connection stands. */
  opened(connection: Duplex): void;
  /** The guest has given its place back; called once, also for one that never stood, then with the reason if it has one. */
  ended(error?: Error): void;
}

/** One connection to the guest's loopback, made by `start` or waiting there to be made. */
export class Tunnel implements Listener {
  readonly stream: Duplex;
  readonly #line: Line;
  readonly #id: number;
  readonly #input: InputPump;
  readonly #events: TunnelEvents;
  #open = false;
  #gone = false;
  readonly #queue: Buffer[] = [];
  #room = tunnelWindow;
  #taken = 0;
  #wanted = false;
  #readEnded = false;
  #inputEnded = false;

  constructor(line: Line, start: HostMessage, events: TunnelEvents) {
    this.#line = line;
    this.#events = events;
    this.stream = this.#makeStream();
    this.#id = line.listen(this);
    this.#input = new InputPump(line.channel, this.#id);
    line.post(this.#id, start);
  }

  take(message: GuestMessage): boolean {
    switch (message.kind) {
      case 'connected':
        this.#connected();
        return false;
      case 'data':
        this.#received(message.data);
        return false;
      case 'data-end':
        this.#ended();
        return false;
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
        throw new ProtocolError(`it answered a connection with "${message.kind}"`);
    }
  }

  lost(reason: string): void {
    this.#end(new Error(`the connection was cut off: ${reason}`));
  }

  #makeStream(): Duplex {
    return new Duplex({
      read: () => {
        this.#wanted = true;
        this.#pass();
      },
      write: (chunk: Buffer, _encoding, done) => void this.#input.send(chunk).then(() => done(), done),
      final: (done) => {
        this.#inputEnded = true;
        this.#input.end();
        done();
      },
      destroy: (error, done) => {
        this.#close();
        done(error);
      },
    });
  }

  #connected(): void {
    if (this.#open) {
      throw new ProtocolError('it told twice that a connection stands');
    }
    this.#open = true;
    if (!this.stream.destroyed) {
      this.#events.opened(this.stream);
    }
  }

  #received(data: Buffer): void {
    if (!this.#open || this.#readEnded || data.length > this.#room) {
      throw new ProtocolError('it sent more over a connection than it was given credit for');
    }
    this.#room -= data.length;
    this.#queue.push(data);
    this.#pass();
  }

  #ended(): void {
    if (!this.#open || this.#readEnded) {
      throw new ProtocolError('it ended a connection that was not open');
    }
    this.#readEnded = true;
    this.#pass();
  }

  /** Gives the stream what it has asked for, and the guest room for as much again, told in large pieces. */
  #pass(): void {
    while (this.#wanted && !this.stream.destroyed && this.#queue.length > 0) {
      const data = this.#queue.shift() as Buffer;
      this.#taken += data.length;
      // Whoever takes the data may ask for more before this returns.
      this.#wanted = false;
      this.#wanted = this.stream.push(data) || this.#wanted;
    }
    if (this.#readEnded && this.#queue.length === 0) {
      this.stream.push(null);
    } else if (this.#taken >= tunnelWindow / 4 && !this.#gone) {
      this.#room += this.#taken;
      this.#line.post(this.#id, { kind: 'credit', bytes: this.#taken });
      this.#taken = 0;
    }
  }

  /** The stream was destroyed. Where both directions had ended, the guest ends the connection by itself. */
  #close(): void {
    if (this.#gone) {
      return;
    }
    if (!this.#inputEnded) {
      this.#input.stop();
    }
    if (!(this.#inputEnded && this.#readEnded)) {
      this.#line.post(this.#id, { kind: 'close' });
    }
  }

  #end(error: Error | undefined): void {
    this.#gone = true;
    this.#input?.stop(); // a line that is closed already tells before there is any
    if (!this.#open) {
      this.stream.destroy();
    } else if (error !== undefined || !(this.#readEnded && this.#inputEnded)) {
      const reason = error?.message ?? 'the guest ended it';
      this.stream.destroy(Object.assign(new Error(reason), { code: 'ECONNRESET' }));
    }
    this.#events.ended(error);
  }
}
