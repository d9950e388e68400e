import type { OutputSink } from '../../model/machine.ts';

/** Bytes that are kept of what a service says. */
const most = 64 * 1024;

/** The last of what a service says, whatever it says: it is read as fast as it comes. */
export class ServiceLog implements OutputSink {
  #bytes = Buffer.alloc(0);

  async write(_stream: unknown, chunk: Uint8Array): Promise<void> {
    const all = Buffer.concat([this.#bytes, chunk]);
    this.#bytes = all.subarray(Math.max(0, all.length - most));
  }

  /** Its last lines, at most so many. */
  lines(count: number): readonly string[] {
    const text = this.#bytes.toString('utf8').replace(/\n$/, '');
    return text === '' ? [] : text.split(/\r?\n/).slice(-count);
  }
}
