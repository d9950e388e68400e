import type { Duplex } from 'node:stream';
import { causeText, HostFault } from '../../host/fault.ts';

type Json = Readonly<Record<string, unknown>>;

export interface QmpEvent {
  readonly event: string;
  readonly data?: unknown;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** The longest line taken; QEMU's own stay far below. */
const longestLine = 1 << 20;

/**
 * A client of QEMU's Machine Protocol: one JSON object a line, the greeting and `qmp_capabilities` first
 * (docs/interop/qmp-spec.txt). Commands may be under way at once.
 */
export class Qmp {
  /** Resolves, once, with a sentence that says why the connection ended. */
  readonly closed: Promise<string>;
  readonly #stream: Duplex;
  readonly #onEvent: (event: QmpEvent) => void;
  readonly #waiting = new Map<number, Waiting>();
  #next = 1;
  #rest = '';
  #reason: string | undefined;
  #settle: (reason: string) => void = () => {};
  #greeted: (value: undefined) => void = () => {};

  private constructor(stream: Duplex, onEvent: (event: QmpEvent) => void) {
    this.#stream = stream;
    this.#onEvent = onEvent;
    this.closed = new Promise((resolve) => {
      this.#settle = resolve;
    });
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => this.#receive(text));
    stream.on('error', (error) => this.#end(`the connection broke: ${causeText(error)}`));
    stream.on('close', () => this.#end('QEMU closed the connection'));
  }

  /** Waits for the greeting and agrees on capabilities. Rejects with a `HostFault` after `deadline` milliseconds. */
  static async connect(stream: Duplex, deadline: number, onEvent: (event: QmpEvent) => void = () => {}): Promise<Qmp> {
    const qmp = new Qmp(stream, onEvent);
    const greeting = new Promise<undefined>((resolve) => {
      qmp.#greeted = resolve;
    });
    const timer = setTimeout(() => qmp.#end(`no greeting within ${deadline} ms`), deadline);
    try {
      const closed = await Promise.race([greeting, qmp.closed]);
      if (closed !== undefined) {
        throw new HostFault('talk to QEMU', closed);
      }
    } finally {
      clearTimeout(timer);
    }
    await qmp.execute('qmp_capabilities', {}, deadline);
    return qmp;
  }

  /** What QEMU returns. Rejects with a `HostFault`: QEMU's own words, a lost connection, or no reply in time. */
  async execute(command: string, args: Json, deadline: number): Promise<unknown> {
    const attempted = `have QEMU do "${command}"`;
    if (this.#reason !== undefined) {
      throw new HostFault(attempted, this.#reason);
    }
    const id = this.#next++;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise((resolve, reject) => {
        const fail = (error: Error) => reject(new HostFault(attempted, error));
        this.#waiting.set(id, { resolve, reject: fail });
        timer = setTimeout(() => fail(new Error(`no reply within ${deadline} ms`)), deadline);
        this.#stream.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
      });
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
    }
  }

  close(): void {
    this.#end('the connection was closed by LightV');
  }

  #receive(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > longestLine || lines.some((line) => line.length > longestLine)) {
      this.#end('QEMU sent a line that is too long');
      return;
    }
    for (const line of lines) {
      if (line.trim() !== '') {
        this.#take(line);
      }
    }
  }

  #take(line: string): void {
    const message = parse(line);
    if (message === undefined) {
      this.#end('QEMU sent something that is not JSON');
    } else if ('QMP' in message) {
      this.#greeted(undefined);
    } else if (typeof message.event === 'string') {
      this.#onEvent({ event: message.event, data: message.data });
    } else {
      this.#reply(message);
    }
  }

  #reply(message: Json): void {
    const waiting = this.#waiting.get(Number(message.id));
    if ('error' in message) {
      waiting?.reject(new Error(errorText(message.error)));
    } else {
      waiting?.resolve(message.return);
    }
  }

  #end(reason: string): void {
    if (this.#reason !== undefined) {
      return;
    }
    this.#reason = reason;
    this.#stream.destroy();
    for (const waiting of this.#waiting.values()) {
      waiting.reject(new Error(reason));
    }
    this.#settle(reason);
  }
}

function parse(line: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Json) : undefined;
  } catch {
    // What is not JSON is told as such by the caller.
    return undefined;
  }
}

function errorText(error: unknown): string {
  const description = (error as { desc?: unknown } | null)?.desc;
  return typeof description === 'string' ? description : 'QEMU refused without saying why';
}
