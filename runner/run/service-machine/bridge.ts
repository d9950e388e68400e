import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream';
import type { GuestAddress, MicroVm } from '../../model/machine.ts';

/**
 * Lets what runs in one machine reach a port in another: connections to `at` of `from` come out at `port` of `to`'s
 * loopback. As long as both are up; a connection that nobody takes there is cut off here.
 */
export async function bridge(from: MicroVm, at: GuestAddress, to: MicroVm, port: number): Promise<void> {
  // Of its own: it lives as long as the machine, and is not called off.
  const { signal } = new AbortController();
  await from.listen(at, (near) => void join(near, to, port), signal);
}

async function join(near: Duplex, to: MicroVm, port: number): Promise<void> {
  // Until both ends stand nobody else looks at its errors.
  near.on('error', () => {});
  let far: Duplex;
  try {
    far = await to.connect({ address: '127.0.0.1', port }, new AbortController().signal);
  } catch {
    // As when nothing listens there: the client sees its connection end.
    near.destroy();
    return;
  }
  // What breaks one side breaks the other; there is nobody to be told but the two.
  pipeline(near, far, () => {});
  pipeline(far, near, () => {});
}
