import { createServer, type RequestListener, type Server } from 'node:http';
import type { Duplex } from 'node:stream';

/** Milliseconds for which clients are told that they may use a connection again. */
const told = 5000;
/** Milliseconds after which one is closed: a guest is slow, and its request may be on its way. */
const idleTimes = { beforeTheFirstRequest: 30_000, betweenRequests: 10_000 };

/**
 * An HTTP server without a port: it is handed its connections. Node's own timeouts are those of sockets, so idle
 * connections are closed here; others may wait for their places.
 */
export class Connections {
  readonly #server: Server;
  /** With what closes each unless a request comes. */
  readonly #open = new Map<Duplex, NodeJS.Timeout>();
  readonly #idle: typeof idleTimes;

  /** `idle`: milliseconds. */
  constructor(answer: RequestListener, idle = idleTimes) {
    this.#idle = idle;
    this.#server = createServer({ keepAliveTimeout: told });
    this.#server.on('request', (request, response) => {
      const connection: Duplex = request.socket;
      clearTimeout(this.#open.get(connection));
      response.on('close', () => this.#wait(connection, this.#idle.betweenRequests));
      answer(request, response);
    });
    this.#server.on('clientError', (_error, connection) => connection.destroy());
  }

  accept(connection: Duplex): void {
    this.#wait(connection, this.#idle.beforeTheFirstRequest);
    connection.on('close', () => {
      clearTimeout(this.#open.get(connection));
      this.#open.delete(connection);
    });
    // One that breaks is its client's business.
    connection.on('error', () => {});
    this.#server.emit('connection', connection);
  }

  close(): void {
    for (const connection of this.#open.keys()) {
      connection.destroy();
    }
  }

  #wait(connection: Duplex, idle: number): void {
    if (!connection.destroyed) {
      clearTimeout(this.#open.get(connection));
      this.#open.set(
        connection,
        setTimeout(() => connection.destroy(), idle),
      );
    }
  }
}
