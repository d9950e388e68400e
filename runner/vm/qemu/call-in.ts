import { rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { attempt } from '../../host/attempt.ts';

/** A unix socket that waits for one caller. */
export interface CallIn {
  /** Settles with the first connection; never settles when none comes or after `close`. */
  readonly caller: Promise<Socket>;
  /** Stops listening and removes the socket's file; the caller's connection stays. Any number of times. */
  close(): Promise<void>;
}

/**
 * Listens before QEMU starts, so that our end is open before the guest's first instruction: what a guest writes to a
 * port whose host end is closed is lost, or stops the guest. Rejects with a `HostFault`.
 */
export async function listenForOne(path: string): Promise<CallIn> {
  const server = createServer();
  server.maxConnections = 1;
  const caller = new Promise<Socket>((resolve) => server.once('connection', resolve));
  await attempt(`listen on ${path}`, () => {
    return new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
  });
  return {
    caller,
    close: async () => {
      server.close();
      await rm(path, { force: true });
    },
  };
}
