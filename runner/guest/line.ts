import type { Duplex } from 'node:stream';
import { Channel } from './channel.ts';
import type { Frame } from './frames.ts';
import { decodeGuestMessage, type GuestMessage } from './guest-message.ts';
import { encodeHostMessage, type HostMessage } from './host-message.ts';
import { ProtocolError } from './wire.ts';

/** Takes what the guest says under one id. */
export interface Listener {
  /** Returns true when this was the last frame of the id. A `ProtocolError` closes the line. */
  take(message: GuestMessage): boolean;
  /** The line has closed before the last frame came; called at most once. */
  lost(reason: string): void;
}

/** One line to one guest: frames become messages and find the listener of their id. */
export class Line {
  readonly channel: Channel;
  readonly #listeners = new Map<number, Listener>();
  #next = 1;
  #abandoned = false;

  constructor(stream: Duplex) {
    this.channel = new Channel(stream, (frame) => this.#take(frame));
    void this.channel.closed.then((reason) => this.#lose(reason));
  }

  get closed(): Promise<string> {
    return this.channel.closed;
  }

  /** True when this side closed the line on purpose, so that nothing is to be told as lost. */
  get abandoned(): boolean {
    return this.#abandoned;
  }

  /** An id that was not used before on this line, with its listener. On a closed line it is lost at once. */
  listen(listener: Listener): number {
    const id = this.#next++;
    if (this.channel.reason === undefined) {
      this.#listeners.set(id, listener);
    } else {
      listener.lost(this.channel.reason);
    }
    return id;
  }

  post(id: number, message: HostMessage): void {
    this.channel.post(encodeHostMessage(id, message));
  }

  abandon(reason: string): void {
    this.#abandoned = this.channel.reason === undefined;
    this.channel.close(reason);
  }

  #take(frame: Frame): void {
    const message = decodeGuestMessage(frame);
    if (message.kind === 'fatal') {
      this.channel.close(`the guest's agent gave up: ${message.sentence}`);
      return;
    }
    const listener = this.#listeners.get(frame.id);
    if (listener === undefined) {
      throw new ProtocolError(`it sent "${message.kind}" for the id ${frame.id}, which is not in use`);
    }
    if (listener.take(message)) {
      this.#listeners.delete(frame.id);
    }
  }

  #lose(reason: string): void {
    const listeners = [...this.#listeners.values()];
    this.#listeners.clear();
    for (const listener of listeners) {
      listener.lost(reason);
    }
  }
}
