import type { Duplex } from 'node:stream';
import { causeText } from '../host/fault.ts';
import { encodeFrame, type Frame, FrameDecoder } from './frames.ts';
import { ProtocolError } from './wire.ts';

/**
 * Frames over one duplex stream. `onFrame` is called once a frame, in order; what it throws closes the line. Whoever
 * gives credit bounds what can arrive, so nothing is queued here.
 */
export class Channel {
  /** Resolves, once, with a sentence that says why the line closed. */
  readonly closed: Promise<string>;
  readonly #stream: Duplex;
  readonly #decoder = new FrameDecoder();
  readonly #onFrame: (frame: Frame) => void;
  #settle: (reason: string) => void = () => {};
  #reason: string | undefined;
  #drained: Promise<void> | undefined;

  constructor(stream: Duplex, onFrame: (frame: Frame) => void) {
    this.#stream = stream;
    this.#onFrame = onFrame;
    this.closed = new Promise((resolve) => {
      this.#settle = resolve;
    });
    stream.on('data', (chunk: Buffer) => this.#receive(chunk));
    stream.on('end', () => this.close('the guest closed its end of the line'));
    stream.on('error', (error) => this.close(`the line to the guest broke: ${causeText(error)}`));
    stream.on('close', () => this.close('the line to the guest was closed'));
  }

  /** Why the line is closed, or `undefined` while it is open. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** Sends a small frame without waiting. On a closed line it is dropped: the close has been told to everybody. */
  post(frame: Frame): void {
    if (this.#reason === undefined) {
      this.#stream.write(encodeFrame(frame));
    }
  }

  /** Sends a frame and resolves when the stream takes more, or when the line has closed. */
  async send(frame: Frame): Promise<void> {
    if (this.#reason === undefined && !this.#stream.write(encodeFrame(frame))) {
      this.#drained ??= this.#drain();
      await this.#drained;
    }
  }

  /** The first reason stays. */
  close(reason: string): void {
    if (this.#reason !== undefined) {
      return;
    }
    this.#reason = reason;
    this.#stream.destroy();
    this.#settle(reason);
  }

  #receive(chunk: Buffer): void {
    try {
      for (const frame of this.#decoder.push(chunk)) {
        this.#onFrame(frame);
        if (this.#reason !== undefined) {
          return;
        }
      }
    } catch (error) {
      const broke = error instanceof ProtocolError ? 'the guest broke the protocol' : 'a frame could not be handled';
      this.close(`${broke}: ${causeText(error)}`);
    }
  }

  async #drain(): Promise<void> {
    await Promise.race([new Promise<void>((resolve) => this.#stream.once('drain', resolve)), this.closed]);
    this.#drained = undefined;
  }
}
