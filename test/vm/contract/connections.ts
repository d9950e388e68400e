import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import type { MicroVm } from '../../../runner/model/machine.ts';
import { never } from '../../ground/never.ts';
import type { Case } from './bench.ts';
import { run } from './script.ts';

const loopback = '127.0.0.1';

/** Connections that come to the host, in order, on a port of the guest that goes with the test. */
async function listen(machine: MicroVm, teardown: (end: () => void) => void, port = 0, address = loopback) {
  const stop = new AbortController();
  const came: Duplex[] = [];
  const wake: (() => void)[] = [];
  const accept = (connection: Duplex) => {
    came.push(connection);
    wake.shift()?.();
  };
  const { port: bound } = await machine.listen({ address, port }, accept, stop.signal);
  teardown(() => stop.abort());
  const next = async () => {
    if (came.length === 0) {
      await new Promise<void>((resolve) => wake.push(resolve));
    }
    return came.shift() as Duplex;
  };
  return { port: bound, next, stop: () => stop.abort() };
}

/** All that comes until the far side ends it; the stream stays open for writing. */
async function read(connection: Duplex): Promise<Buffer> {
  const chunks: Buffer[] = [];
  connection.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(connection, 'end');
  return Buffer.concat(chunks);
}

/** A script that says a word to a port of its own machine and prints what comes back. */
const say = (word: string, port: number) => `
  if command -v bash >/dev/null; then
    exec bash -c 'exec 3<>/dev/tcp/${loopback}/${port} && printf ${word} >&3 && cat <&3'
  fi
  printf ${word} | nc ${loopback} ${port}`;

/** Connections between host and guest that need no network. */
export const connections: Readonly<Record<string, Case>> = {
  'a program of the guest speaks to the host': async (t, machine) => {
    const { port, next } = await listen(machine, t.teardown);
    const asked = run(machine, say('hello', port));
    const connection = await next();
    const [word] = await once(connection, 'data');
    connection.end(`${word} too`);
    const { stdout, exit } = await asked;
    t.is(stdout.toString(), 'hello too');
    t.deepEqual(exit, { kind: 'exited', code: 0 });
  },
  'every byte both ways at once, and each end by itself': async (t, machine) => {
    const { port, next } = await listen(machine, t.teardown, 0, '127.9.8.7');
    const [out, back] = [randomBytes(1_500_000), randomBytes(900_000)];
    const here = await machine.connect({ address: '127.9.8.7', port }, never);
    const there = await next();
    here.end(out);
    const arrived = await read(there);
    t.true(arrived.equals(out));
    there.end(back);
    t.true((await read(here)).equals(back));
  },
  'a reader that does not read holds the writer up, alone': async (t, machine) => {
    const { port, next } = await listen(machine, t.teardown);
    const here = await machine.connect({ address: loopback, port }, never);
    const there = await next();
    let written = 0;
    for (let mib = 0; mib < 64; mib += 1) {
      here.write(Buffer.alloc(1 << 20), () => {
        written += 1;
      });
    }
    // Until nothing has moved on while three commands ran over the same line: what the way itself holds is bounded.
    for (let [seen, same] = [-1, 0]; same < 3; same = written === seen ? same + 1 : 0, seen = written) {
      t.deepEqual((await run(machine, 'true')).exit, { kind: 'exited', code: 0 });
    }
    t.true(written < 64);
    there.resume();
    here.end();
    await once(there, 'end');
    there.end();
  },
  'a connection that is cut off is an error at its other end': async (t, machine) => {
    const { port, next } = await listen(machine, t.teardown);
    const here = await machine.connect({ address: loopback, port }, never);
    const there = await next();
    there.resume();
    const failed = once(there, 'error');
    here.destroy();
    const [error] = await failed;
    t.is((error as NodeJS.ErrnoException).code, 'ECONNRESET');
  },
  'more connections than there are places wait for theirs': async (t, machine) => {
    const { port, next } = await listen(machine, t.teardown);
    const count = 70;
    const all = await Promise.all(
      Array.from({ length: count }, () => machine.connect({ address: loopback, port }, new AbortController().signal)),
    );
    const answers = all.map((connection, index) => {
      connection.end(`${index}`);
      return read(connection);
    });
    for (let served = 0; served < count; served += 1) {
      const connection = await next();
      void read(connection).then((word) => connection.end(`${word}!`));
    }
    t.deepEqual(
      (await Promise.all(answers)).map(String),
      all.map((_, index) => `${index}!`),
    );
  },
  'nobody listens, or somebody does already': async (t, machine) => {
    const { port, stop } = await listen(machine, t.teardown);
    await t.throwsAsync(listen(machine, t.teardown, port), {
      message: `could not listen at ${loopback}:${port}: Address already in use`,
    });
    stop();
    await t.throwsAsync(machine.connect({ address: loopback, port }, never), {
      message: `could not connect to ${loopback}:${port}: Connection refused`,
    });
    const again = await listen(machine, t.teardown, port);
    t.is(again.port, port);
  },
  'only the guest’s loopback is within reach': async (t, machine) => {
    for (const address of ['10.0.0.1', '0.0.0.0', '128.0.0.1', 'localhost', '::1']) {
      await t.throwsAsync(machine.connect({ address, port: 80 }, never), { instanceOf: RangeError });
      await t.throwsAsync(listen(machine, t.teardown, 0, address), { instanceOf: RangeError });
    }
  },
  'who gives a connection up gets the reason': async (t, machine) => {
    const gone = new Error('no more');
    await t.throwsAsync(machine.connect({ address: loopback, port: 9 }, AbortSignal.abort(gone)), { is: gone });
    await t.throwsAsync(
      machine.listen({ address: loopback, port: 0 }, () => {}, AbortSignal.abort(gone)),
      {
        is: gone,
      },
    );
  },
  'what listens for the host is not left behind': async (t, machine) => {
    const { port } = await listen(machine, t.teardown);
    // A machine that shares its host's network sees what others listen on there.
    t.deepEqual(
      (await machine.left()).network.filter((left) => left.includes(`${port}`)),
      [],
    );
  },
};
