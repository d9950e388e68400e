import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { execa } from 'execa';
import { type NetworkSpace, openNetns } from '../../runner/host/netns.ts';
import { nameServers, reachableServers } from '../../runner/host/resolver.ts';
import { programsOf } from '../ground/programs.ts';

const run = `netns-test-${process.pid}`;
const stop = new AbortController();

async function listening(host: string): Promise<{ server: Server; port: number; calls: () => number }> {
  let calls = 0;
  const server = createServer((socket) => {
    calls += 1;
    socket.end('reached');
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const address = server.address();
  return { server, port: typeof address === 'object' && address !== null ? address.port : 0, calls: () => calls };
}

/** What a client inside gets of `host:port`. */
async function reach(space: NetworkSpace, host: string, port: number): Promise<string> {
  const client = `const s=require('net').connect({host:${JSON.stringify(host)},port:${port}});s.setTimeout(1500,()=>{console.log('silence');process.exit()});s.on('data',d=>{console.log(String(d));process.exit()});s.on('error',e=>{console.log(e.code);process.exit()})`;
  const [file = '', ...args] = [...space.enter, process.execPath, '-e', client];
  const { stdout } = await execa(file, args, { reject: false, timeout: 15_000 });
  return stdout;
}

test.serial('inside: an address, a way out, and nothing of the host', async (t) => {
  const everywhere = await listening('::');
  const loopback = await listening('127.0.0.1');
  const space = await openNetns({ run, signal: stop.signal });
  t.teardown(async () => {
    await space.close();
    everywhere.server.close();
    loopback.server.close();
  });
  t.regex(space.address, /^\d+\.\d+\.\d+\.\d+$/);
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const targets = ['127.0.0.1', '::1', space.gateway, ...own.map((one) => one.address)].filter((one) => one !== '');
  for (const target of targets) {
    t.not(await reach(space, target, everywhere.port), 'reached', target);
    t.not(await reach(space, target, loopback.port), 'reached', target);
  }
  t.is(everywhere.calls() + loopback.calls(), 0);
  // The same listeners answer from where they may be reached, so silence inside means something.
  t.is(
    (
      await execa('sh', [
        '-c',
        `${process.execPath} -e "require('net').connect(${loopback.port},'127.0.0.1').on('data',d=>console.log(String(d)))"`,
      ])
    ).stdout,
    'reached',
  );
});

test.serial(
  'inside: link-local is refused, also by way of the interface, and the refusal cannot be removed',
  async (t) => {
    const space = await openNetns({ run, signal: stop.signal });
    t.teardown(() => space.close());
    t.regex(await reach(space, '169.254.169.254', 80), /^E(HOST|NET)UNREACH$/);
    const [file = '', ...enter] = space.enter;
    const drop = ['unshare', '--user', '--map-root-user'];
    const bare = (...argv: string[]) => execa(file, [...enter, ...drop, ...argv], { reject: false });
    for (const argv of [
      ['ip', 'rule', 'del', 'pref', '1'],
      ['ip', 'route', 'add', '169.254.0.0/16', 'dev', 'lo'],
    ]) {
      const { exitCode, stderr } = await bare(...argv);
      t.not(exitCode, 0);
      t.regex(stderr, /not permitted/);
    }
    const { stdout } = await bare('ip', '-6', 'route', 'get', 'fe80::1');
    t.false(stdout.includes('dev eth'));
  },
);

test.serial('it ends when closed, when the boot is given up, and nothing is left', async (t) => {
  const space = await openNetns({ run, signal: stop.signal });
  const pid = /proc\/(\d+)\/fd/.exec(space.enter.join(' '))?.[1] ?? '';
  const processes = programsOf(run);
  t.true(processes.length >= 2);
  await space.close();
  await space.close();
  t.false(existsSync(`/proc/${pid}/fd/4`));
  const given = new AbortController();
  const opening = openNetns({ run, signal: given.signal });
  given.abort(new Error('given up'));
  await t.throwsAsync(opening, { message: 'given up' });
  for (let tries = 0; tries < 200 && programsOf(run).length > 0; tries += 1) {
    await delay(20);
  }
  t.deepEqual(programsOf(run), []);
});

test.serial('a host without a resolv.conf asks a server of its own, and pasta passes questions on to it', async (t) => {
  const space = await openNetns({ run, signal: stop.signal, resolver: '/nowhere/resolv.conf' });
  t.teardown(() => space.close());
  t.deepEqual(space.dns, ['192.0.2.53']);
  t.is(space.resolvConf, 'nameserver 192.0.2.53\n');
});

test('which of the host’s name servers can be asked from inside', (t) => {
  const text =
    'nameserver 127.0.0.53\nnameserver 10.1.1.1\n#nameserver 9.9.9.9\nnameserver fe80::1%eth0\nnameserver 2001:db8::1\n';
  const servers = nameServers(text);
  t.deepEqual(servers, ['127.0.0.53', '10.1.1.1', 'fe80::1%eth0', '2001:db8::1']);
  t.deepEqual(reachableServers(servers), ['10.1.1.1', '2001:db8::1']);
});
