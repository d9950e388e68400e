import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { HostFault } from '../../../runner/host/fault.ts';
import { Qmp, type QmpEvent } from '../../../runner/vm/qemu/qmp.ts';

const greeting = '{"QMP": {"version": {}, "capabilities": []}}\r\n';

interface Request {
  readonly execute: string;
  readonly id: number;
}

/** A QEMU that is faked: `answer` gets each command and the socket to write to. */
async function withServer(
  answer: (request: Request, socket: Socket) => void,
  body: (client: Socket) => Promise<void>,
  hello = greeting,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'lightv-qmp-'));
  const server = createServer((socket) => {
    socket.write(hello);
    socket.on('error', () => {});
    let rest = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const request = JSON.parse(line) as Request;
        if (request.execute === 'qmp_capabilities') {
          socket.write(`${JSON.stringify({ return: {}, id: request.id })}\r\n`);
        } else {
          answer(request, socket);
        }
      }
    });
  });
  const path = join(folder, 's');
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const client = connect(path);
  try {
    await body(client);
  } finally {
    client.destroy();
    server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

test('replies find their commands in whatever order and pieces they come', (t) => {
  const held: Request[] = [];
  return withServer(
    (request, socket) => {
      held.push(request);
      if (held.length === 2) {
        const text = held.reverse().map(({ id, execute }) => `${JSON.stringify({ return: execute, id })}\r\n`);
        const whole = text.join('');
        socket.write(whole.slice(0, 7));
        setImmediate(() => socket.write(whole.slice(7)));
      }
    },
    async (client) => {
      const qmp = await Qmp.connect(client, 5000);
      t.deepEqual(await Promise.all([qmp.execute('one', {}, 5000), qmp.execute('two', {}, 5000)]), ['one', 'two']);
    },
  );
});

test('events are told, also between a command and its reply', (t) => {
  const events: QmpEvent[] = [];
  return withServer(
    ({ id }, socket) => {
      socket.write('{"event": "RESET", "data": {"guest": true}, "timestamp": {}}\r\n');
      socket.write(`${JSON.stringify({ return: {}, id })}\r\n`);
    },
    async (client) => {
      const qmp = await Qmp.connect(client, 5000, (event) => events.push(event));
      await qmp.execute('stop', {}, 5000);
      t.deepEqual(events, [{ event: 'RESET', data: { guest: true } }]);
    },
  );
});

test("QEMU's refusal is a host fault with QEMU's words", (t) =>
  withServer(
    ({ id }, socket) =>
      socket.write(`${JSON.stringify({ error: { class: 'GenericError', desc: 'not today' }, id })}\n`),
    async (client) => {
      const qmp = await Qmp.connect(client, 5000);
      await t.throwsAsync(qmp.execute('quit', {}, 5000), { instanceOf: HostFault, message: /"quit".*not today/ });
    },
  ));

test('commands under way fail when the connection goes, and so do later ones', (t) =>
  withServer(
    (_, socket) => socket.destroy(),
    async (client) => {
      const qmp = await Qmp.connect(client, 5000);
      await t.throwsAsync(qmp.execute('quit', {}, 5000), { instanceOf: HostFault, message: /closed/ });
      await t.throwsAsync(qmp.execute('quit', {}, 5000), { instanceOf: HostFault });
      t.regex(await qmp.closed, /closed/);
    },
  ));

test('a reply that never comes has a deadline', (t) =>
  withServer(
    () => {},
    async (client) => {
      const qmp = await Qmp.connect(client, 5000);
      await t.throwsAsync(qmp.execute('cont', {}, 20), { instanceOf: HostFault, message: /no reply/ });
    },
  ));

for (const [what, hello] of [
  ['a line without an end', 'x'.repeat(3_000_000)],
  ['what is not JSON', 'hello there\n'],
] as const) {
  test(`${what} ends the connection`, (t) =>
    withServer(
      () => {},
      async (client) => {
        await t.throwsAsync(Qmp.connect(client, 5000), { instanceOf: HostFault });
        t.true(client.destroyed);
      },
      hello,
    ));
}
