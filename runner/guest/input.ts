import type { Channel } from './channel.ts';
import { chunkMax } from './frames.ts';
import { encodeHostMessage } from './host-message.ts';
import { ProtocolError } from './wire.ts';

/** Bytes of input a guest takes for one id before it grants more; fixed by the protocol. */
const inputWindow = 1 << 17;

/** Sends one source's bytes as the guest grants room for them. */
export class InputPump {
  readonly #channel: Channel;
  readonly #id: number;
  #room = inputWindow;
  #stopped = false;
  #wake: () => void = () => {};

  constructor(channel: Channel, id: number) {
    this.#channel = channel;
    this.#id = id;
  }

  /** More than the guest had taken is a `ProtocolError`. */
  grant(bytes: number): void {
    this.#room += bytes;
    if (this.#room > inputWindow) {
      throw new ProtocolError('it granted input it was never sent');
    }
    this.#wake();
  }

  /** The far side has ended: what is left of the source is not read. */
  stop(): void {
    this.#stopped = true;
    this.#wake();
  }

  /** Resolves when all was sent, or soon after `stop`; rejects with what the source rejects with. */
  async run(source: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const bytes of source) {
      await this.send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
      if (this.#stopped) {
        return;
      }
    }
    this.end();
  }

  /** Tells the guest that nothing follows. */
  end(): void {
    if (!this.#stopped) {
      this.#channel.post(encodeHostMessage(this.#id, { kind: 'input-end' }));
    }
  }

  /** Resolves when all of it was sent, or soon after `stop`. One call at a time. */
  async send(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length && !this.#stopped; ) {
      const size = Math.min(chunkMax, this.#room, bytes.length - at);
      if (size === 0) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      this.#room -= size;
      const data = bytes.subarray(at, at + size);
      at += size;
      await this.#channel.send(encodeHostMessage(this.#id, { kind: 'input', data }));
    }
  }
}
