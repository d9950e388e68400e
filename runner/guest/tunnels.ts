import { isIPv4 } from 'node:net';
import type { Duplex } from 'node:stream';
import type { GuestAddress } from '../model/machine.ts';
import type { Line } from './line.ts';
import { PortListener } from './port-listener.ts';
import { Tunnel, tunnelWindow } from './tunnel.ts';

/** At once, of one guest: with those of its listeners they stay below the guest's own bound. */
const listenersMax = 16;
const connectsMax = 256;

/** All that is listened at and connected to on one guest's loopback; the contracts are `MicroVm`'s. */
export class Tunnels {
  readonly #line: Line;
  #listeners = 0;
  #connects = 0;

  constructor(line: Line) {
    this.#line = line;
  }

  async listen(
    at: GuestAddress,
    accept: (connection: Duplex) => void,
    signal: AbortSignal,
  ): Promise<{ readonly port: number }> {
    check(at, 0);
    if (this.#listeners === listenersMax) {
      throw new RangeError(`a guest is listened at ${listenersMax} ports at most`);
    }
    const listener = new PortListener(this.#line, at, accept, signal);
    this.#listeners += 1;
    void listener.ended.then(() => {
      this.#listeners -= 1;
    });
    return { port: await listener.port };
  }

  async connect(at: GuestAddress, signal: AbortSignal): Promise<Duplex> {
    check(at, 1);
    signal.throwIfAborted();
    if (this.#connects === connectsMax) {
      throw new RangeError(`a guest is connected to ${connectsMax} times at most`);
    }
    this.#connects += 1;
    let abort = () => {};
    try {
      return await new Promise<Duplex>((resolve, reject) => {
        const start = { kind: 'connect', credit: tunnelWindow, ...at } as const;
        const ended = (error?: Error) => {
          this.#connects -= 1;
          reject(error ?? new Error(`the guest gave the connection to ${at.address}:${at.port} up`));
        };
        const { stream } = new Tunnel(this.#line, start, { opened: resolve, ended });
        abort = () => {
          reject(signal.reason);
          stream.destroy();
        };
        signal.addEventListener('abort', abort, { once: true });
      });
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }
}

function check({ address, port }: GuestAddress, least: number): void {
  if (!isIPv4(address) || !address.startsWith('127.')) {
    throw new RangeError(`${address} is no address of the loopback network 127.0.0.0/8`);
  }
  if (!Number.isInteger(port) || port < least || port > 65_535) {
    throw new RangeError(`${port} is no port; ${least} to 65535 are`);
  }
}
