import { once } from 'node:events';
import { Duplex } from 'node:stream';
import test from 'ava';
import { connectAgent, type GuestAgent } from '../../runner/guest/agent.ts';
import { encodeFrame, FrameDecoder } from '../../runner/guest/frames.ts';
import { encodeGuestMessage, type GuestMessage } from '../../runner/guest/guest-message.ts';
import { decodeHostMessage, type HostMessage } from '../../runner/guest/host-message.ts';

type Say = (id: number, message: GuestMessage) => void;
type Guest = (message: HostMessage, id: number, say: Say) => void;

/** A guest that says hello and then does what `more` does. */
async function greeted(more: Guest): Promise<GuestAgent> {
  const decoder = new FrameDecoder();
  const say: Say = (id, message) => void stream.push(encodeFrame(encodeGuestMessage(id, message)));
  const stream = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      for (const frame of decoder.push(chunk)) {
        const message = decodeHostMessage(frame);
        if (message.kind === 'hello') {
          say(frame.id, { kind: 'hello', machine: true, nonce: 7n, uptime: 1n, kernel: '6.1' });
        } else {
          more(message, frame.id, say);
        }
      }
      done();
    },
  });
  return connectAgent(stream, { hostname: 'h' }, fresh());
}

const fresh = () => new AbortController().signal;
const at = { address: '127.0.0.1', port: 80 };
const piece: GuestMessage = { kind: 'data', data: Buffer.alloc(65_536) };

const lies: Record<string, readonly GuestMessage[]> = {
  'data before the connection stands': [piece],
  'more data than its credit': [{ kind: 'connected' }, piece, piece, piece],
  'data behind the end of data': [{ kind: 'connected' }, { kind: 'data-end' }, piece],
  'the end of data twice': [{ kind: 'connected' }, { kind: 'data-end' }, { kind: 'data-end' }],
  'that the connection stands, twice': [{ kind: 'connected' }, { kind: 'connected' }],
  'room for input that was never sent': [{ kind: 'connected' }, { kind: 'grant', bytes: 1 }],
  'an exit': [{ kind: 'exit', how: 'exited', value: 0, detail: '' }],
};

for (const [name, messages] of Object.entries(lies)) {
  test(`a guest that sends ${name} loses its line, and the connection breaks`, async (t) => {
    const agent = await greeted((message, id, say) => {
      if (message.kind === 'connect') {
        for (const each of messages) {
          say(id, each);
        }
      }
    });
    await agent.connect(at, fresh()).then(
      (connection) => once(connection.pause(), 'error'),
      () => {},
    );
    t.regex(await agent.closed, /^the guest broke the protocol: /);
  });
}

test('a guest that takes no connection is not asked again and again: the listener is given up', async (t) => {
  let places = 0;
  const closed = new Promise<void>((resolve) => {
    void greeted((message, id, say) => {
      if (message.kind === 'listen') {
        say(id, { kind: 'listening', port: 80 });
      } else if (message.kind === 'accept') {
        places += 1;
        say(id, { kind: 'failed', errno: 24, sentence: 'Too many open files' });
      } else if (message.kind === 'close') {
        say(id, { kind: 'done' });
        resolve();
      }
    }).then((agent) => agent.listen(at, () => t.fail(), fresh()));
  });
  await closed;
  t.true(places <= 4);
});

test('places are held for few connections ahead and for 32 at once', async (t) => {
  let [places, most] = [0, 0];
  const agent = await greeted((message, id, say) => {
    if (message.kind === 'listen') {
      say(id, { kind: 'listening', port: 80 });
    } else if (message.kind === 'accept') {
      places += 1;
      setImmediate(() => say(id, { kind: 'connected' }));
    }
  });
  await new Promise<void>((resolve) => {
    const accept = () => {
      most += 1;
      if (most === 32) {
        resolve();
      }
    };
    void agent.listen(at, accept, fresh());
  });
  t.deepEqual([places, most], [32, 32]);
});

test('a place is free again only when the guest has given it back', async (t) => {
  const closes: (() => void)[] = [];
  let places = 0;
  const agent = await greeted((message, id, say) => {
    if (message.kind === 'listen') {
      say(id, { kind: 'listening', port: 80 });
    } else if (message.kind === 'accept') {
      places += 1;
      setImmediate(() => say(id, { kind: 'connected' }));
    } else if (message.kind === 'close') {
      closes.push(() => say(id, { kind: 'done' }));
    } else if (message.kind === 'ping') {
      say(id, { kind: 'pong', echo: message.nonce, nonce: 7n, uptime: 1n });
    }
  });
  await new Promise<void>((resolve) => {
    let came = 0;
    const accept = (connection: Duplex) => {
      came += 1;
      connection.destroy();
      if (came === 32) {
        connection.once('close', resolve);
      }
    };
    void agent.listen(at, accept, fresh());
  });
  t.is(places, 32);
  closes[0]?.();
  // What the guest said before this answer has been taken.
  await agent.ping(1n);
  t.is(places, 33);
});

test('what is asked of a line that closes ends with why it closed', async (t) => {
  const agent = await greeted((message, id, say) => message.kind === 'connect' && say(id, { kind: 'connected' }));
  const connection = await agent.connect(at, fresh());
  const broken = once(connection, 'error');
  const listening = t.throwsAsync(
    agent.listen(at, () => {}, fresh()),
    { message: /the machine was destroyed/ },
  );
  agent.close();
  const [error] = await broken;
  t.is((error as NodeJS.ErrnoException).code, 'ECONNRESET');
  await listening;
  await t.throwsAsync(agent.connect(at, fresh()), { message: /the machine was destroyed/ });
});

test('listeners and connections of one guest are bounded', async (t) => {
  const agent = await greeted((message, id, say) => {
    if (message.kind === 'listen') {
      say(id, { kind: 'listening', port: 80 });
    } else if (message.kind === 'connect') {
      say(id, { kind: 'connected' });
    }
  });
  for (let count = 0; count < 16; count += 1) {
    await agent.listen(at, () => {}, fresh());
  }
  await t.throwsAsync(
    agent.listen(at, () => {}, fresh()),
    { instanceOf: RangeError },
  );
  for (let count = 0; count < 256; count += 1) {
    await agent.connect(at, fresh());
  }
  await t.throwsAsync(agent.connect(at, fresh()), { instanceOf: RangeError });
});
