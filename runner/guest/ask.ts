import { HostFault } from '../host/fault.ts';
import type { GuestMessage } from './guest-message.ts';
import type { HostMessage } from './host-message.ts';
import type { Line } from './line.ts';
import { ProtocolError } from './wire.ts';

type Answer<K extends GuestMessage['kind']> = Extract<GuestMessage, { kind: K }>;

/**
 * One question, one answer. Throws a `HostFault` naming `attempted` when the line closes first, and closes the line
 * itself when the guest does not answer within `deadline` milliseconds: such a guest is of no more use.
 */
export async function ask<K extends GuestMessage['kind']>(
  line: Line,
  attempted: string,
  question: HostMessage,
  answer: K,
  deadline: number,
): Promise<Answer<K>> {
  const timer = setTimeout(() => line.channel.close(`the guest did not answer within ${deadline / 1000} s`), deadline);
  try {
    return await new Promise<Answer<K>>((resolve, reject) => {
      const id = line.listen({
        take: (message) => {
          if (message.kind !== answer) {
            throw new ProtocolError(`it answered "${question.kind}" with "${message.kind}"`);
          }
          resolve(message as Answer<K>);
          return true;
        },
        lost: (reason) => reject(new HostFault(attempted, new Error(reason))),
      });
      line.post(id, question);
    });
  } finally {
    clearTimeout(timer);
  }
}
