import { Duplex } from 'node:stream';
import test from 'ava';
import { connectAgent, type GuestAgent } from '../../runner/guest/agent.ts';
import { encodeFrame, FrameDecoder } from '../../runner/guest/frames.ts';
import { encodeGuestMessage, type GuestMessage } from '../../runner/guest/guest-message.ts';
import { decodeHostMessage, type HostMessage } from '../../runner/guest/host-message.ts';
import { shell } from './real-agent.ts';

type Say = (id: number, message: GuestMessage | Buffer) => void;
type Guest = (message: HostMessage, id: number, say: Say) => void;

/** A guest that does as it likes on the far side of a line. */
function line(guest: Guest): Duplex {
  const decoder = new FrameDecoder();
  const stream = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      for (const frame of decoder.push(chunk)) {
        guest(decodeHostMessage(frame), frame.id, say);
      }
      done();
    },
  });
  const say: Say = (id, message) => {
    stream.push(Buffer.isBuffer(message) ? message : encodeFrame(encodeGuestMessage(id, message)));
  };
  return stream;
}

const hello: GuestMessage = { kind: 'hello', machine: true, nonce: 7n, uptime: 1n, kernel: '6.1' };
const soon = () => AbortSignal.timeout(10_000);
const drop = { write: async () => {} };

/** A guest that says hello and then does what `more` does. */
async function greeted(more: Guest): Promise<GuestAgent> {
  const stream = line((message, id, say) => (message.kind === 'hello' ? say(id, hello) : more(message, id, say)));
  return connectAgent(stream, { hostname: 'h' }, soon());
}

test('the host speaks first, with a seed of its own and the time of day', async (t) => {
  const heard: HostMessage[] = [];
  const stream = line((message, id, say) => {
    heard.push(message);
    say(id, hello);
  });
  const before = BigInt(Date.now()) * 1_000_000n;
  const agent = await connectAgent(stream, { hostname: 'build' }, soon());
  const [first] = heard;
  t.is(heard.length, 1);
  t.true(first?.kind === 'hello' && first.hostname === 'build' && first.seed.length >= 32 && first.clock >= before);
  t.deepEqual(agent.hello, { machine: true, nonce: 7n, uptime: 1n, kernel: '6.1' });
});

test('a guest that never answers is given up with the reason of the signal', async (t) => {
  const stop = new AbortController();
  const stream = line(() => stop.abort(new Error('the boot took too long')));
  await t.throwsAsync(connectAgent(stream, { hostname: 'h' }, stop.signal), { message: 'the boot took too long' });
  t.true(stream.destroyed);
});

test('another version of the protocol is refused', async (t) => {
  const stream = line((_, id, say) => {
    const frame = encodeFrame(encodeGuestMessage(id, hello));
    frame.writeUInt16LE(1, 9 + 4);
    say(id, frame);
  });
  await t.throwsAsync(connectAgent(stream, { hostname: 'h' }, soon()), { message: /speaks version 1 .* the host 4/ });
});

const lies: Record<string, (id: number, say: Say) => void> = {
  'more output than its credit': (id, say) => {
    for (let i = 0; i < 6; i++) {
      say(id, { kind: 'stdout', data: Buffer.alloc(65_536) });
    }
  },
  'an empty piece of output': (id, say) => say(id, { kind: 'stdout', data: Buffer.alloc(0) }),
  'a piece of output over its bound': (id, say) => say(id, { kind: 'stderr', data: Buffer.alloc(65_537) }),
  'an id not in use': (id, say) => say(id + 1000, { kind: 'done' }),
  'a grant to a command without input': (id, say) => {
    say(id, { kind: 'grant', bytes: 1 });
  },
  'an answer to something else': (id, say) => say(id, { kind: 'done' }),
  'a header of 4 GiB': (_, say) => say(0, Buffer.from('ffffffff8200000000', 'hex')),
  'an unknown type': (_, say) => say(0, Buffer.from('000000007f00000000', 'hex')),
};

for (const [name, lie] of Object.entries(lies)) {
  test(`a guest that sends ${name} loses its line, and its command is lost`, async (t) => {
    const agent = await greeted((message, id, say) => message.kind === 'exec' && lie(id, say));
    const exit = await agent
      .exec(shell('true'), { write: async () => void (await agent.closed) }, soon())
      .catch(String);
    t.like(exit, { kind: 'lost' });
    t.regex(await agent.closed, /^the guest broke the protocol: /);
  });
}

test('what an agent says as its last word is told', async (t) => {
  const agent = await greeted((_, __, say) => say(0, { kind: 'fatal', sentence: 'no memory' }));
  t.deepEqual(await agent.exec(shell('true'), drop, soon()), {
    kind: 'lost',
    detail: "the guest's agent gave up: no memory",
  });
});

test('a guest that ignores KILL is lost, not waited for', async (t) => {
  const heard: number[] = [];
  const agent = await greeted((message) => message.kind === 'signal' && heard.push(message.number));
  const exit = await agent.exec(shell('true', { grace: 10 }), drop, AbortSignal.abort());
  t.is(exit.kind, 'lost');
  t.deepEqual(heard, [15, 9]);
});

test('input is never sent ahead of what the guest has granted', async (t) => {
  let [sent, granted] = [0, 131_072];
  const agent = await greeted((message, id, say) => {
    if (message.kind === 'input') {
      sent += message.data.length;
      t.true(sent <= granted);
      if (sent === granted) {
        granted += 50_000;
        setImmediate(() => say(id, { kind: 'grant', bytes: 50_000 }));
      }
    } else if (message.kind === 'input-end') {
      say(id, { kind: 'done' });
    }
  });
  async function* tar() {
    yield Buffer.alloc(1_000_000);
  }
  await agent.copyIn(tar(), '/x', soon());
  t.is(sent, 1_000_000);
});
